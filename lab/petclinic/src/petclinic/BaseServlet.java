package petclinic;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Set;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** Turns what a servlet could not do into a page with a status and a sentence. */
abstract class BaseServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final Set<String> READS = Set.of("GET", "HEAD");

    abstract void answer(HttpServletRequest request, HttpServletResponse response)
        throws IOException, SQLException, Refusal;

    @Override
    protected final void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Refusal refusal;
        try {
            answer(request, response);
            return;
        } catch (Refusal refused) {
            refusal = refused;
        } catch (SQLException error) {
            log(request.getMethod() + " " + request.getRequestURI(), error);
            refusal = Refusal.of(error, !reads(request));
        }
        new Page("Sorry", request).raw("<p role=\"alert\">").text(refusal.getMessage()).raw("</p>\n")
            .send(response, refusal.status);
    }

    static boolean reads(HttpServletRequest request) {
        return READS.contains(request.getMethod());
    }

    static void onlyReads(HttpServletRequest request, HttpServletResponse response) throws Refusal {
        if (!reads(request)) {
            throw notAllowed(response, "GET, HEAD");
        }
    }

    static Refusal notAllowed(HttpServletResponse response, String allowed) {
        response.setHeader("Allow", allowed);
        return new Refusal(405, "That cannot be done to this page. Allowed here: " + allowed + ".");
    }
}
