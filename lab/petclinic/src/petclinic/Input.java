package petclinic;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.servlet.http.HttpServletRequest;

/** The fields of a request's body, from a form or a flat JSON object. Read by hand: Tomcat parses POST alone. */
final class Input {
    private static final int MOST_BYTES = 65536;

    private Input() { }

    static Map<String, String> of(HttpServletRequest request) throws IOException, Refusal {
        byte[] body = request.getInputStream().readNBytes(MOST_BYTES + 1);
        if (body.length > MOST_BYTES) {
            throw new Refusal(413, "That is too much: send at most 64 KB.");
        }
        String text = new String(body, StandardCharsets.UTF_8);
        String type = request.getContentType() == null ? "" : request.getContentType().split(";")[0].trim().toLowerCase();
        switch (type) {
            case "application/x-www-form-urlencoded":
                return form(text);
            case "application/json":
                return new Json(text).object();
            default:
                if (text.isEmpty()) {
                    return Map.of();
                }
                throw new Refusal(415, "Send a form (application/x-www-form-urlencoded) or JSON (application/json).");
        }
    }

    private static Map<String, String> form(String text) throws Refusal {
        Map<String, String> fields = new LinkedHashMap<>();
        try {
            for (String pair : text.split("&")) {
                String[] halves = pair.split("=", 2);
                fields.put(decode(halves[0]), halves.length == 2 ? decode(halves[1]) : "");
            }
        } catch (IllegalArgumentException error) {
            throw new Refusal(400, "The form is not encoded as forms are.");
        }
        return fields;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
