package petclinic;

import java.io.IOException;
import java.util.Objects;
import javax.servlet.ServletContext;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** An HTML page under construction. `text` escapes; `raw` is for our own constants. */
final class Page {
    private final StringBuilder body = new StringBuilder();
    private final String title;
    private final HttpServletRequest request;

    Page(String title, HttpServletRequest request) {
        this.title = title;
        this.request = request;
        raw("<h1>").text(title).raw("</h1>\n");
    }

    Page raw(String html) {
        body.append(html);
        return this;
    }

    Page text(String words) {
        body.append(escape(words));
        return this;
    }

    /** A link inside of the application; `path` begins with a slash. */
    Page link(String path, String words, String look) {
        raw("<a class=\"" + look + "\" href=\"").text(request.getContextPath() + path).raw("\">");
        return text(words).raw("</a>\n");
    }

    /** The beginning of a form that sends `method`: HTML knows only GET and POST, so others travel in a hidden field. */
    Page form(String path, String method) {
        raw("<form method=\"" + (method.equals("get") ? "get" : "post") + "\" action=\"");
        text(request.getContextPath() + path).raw("\">\n");
        boolean hidden = method.equals("PUT") || method.equals("DELETE");
        return hidden ? raw("<input type=\"hidden\" name=\"_method\" value=\"" + method + "\">\n") : this;
    }

    void send(HttpServletResponse response, int status) throws IOException {
        String root = escape(request.getContextPath());
        response.setStatus(status);
        response.setContentType("text/html; charset=UTF-8");
        response.getWriter().write("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" + escape(title)
            + " · PetClinic</title>\n<link rel=\"stylesheet\" href=\"" + root + "/style.css\">\n</head>\n<body>\n"
            + "<header><strong>PetClinic</strong><a href=\"" + root + "/\">Home</a> <a href=\"" + root
            + "/owners?lastName=\">Owners</a> <a href=\"" + root + "/vets\">Vets</a></header>\n<main>\n" + body
            + "</main>\n<footer>Served by the " + escape(site(request.getServletContext()))
            + " site.</footer>\n</body>\n</html>\n");
    }

    static String site(ServletContext context) {
        return Objects.requireNonNullElse(context.getInitParameter("site"), "unnamed");
    }

    static String escape(String words) {
        return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            .replace("\"", "&quot;").replace("'", "&#39;");
    }
}
