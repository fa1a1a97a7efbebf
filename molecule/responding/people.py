"""A place of dr_notices: writes down what it is told, one line of JSON each, into the file that it is given."""

import http.server
import sys


class Place(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        told = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open(sys.argv[1], "a", encoding="utf-8") as file:
            file.write(told + "\n")
        self.send_response(200)
        self.end_headers()


http.server.HTTPServer(("127.0.0.1", 8099), Place).serve_forever()
