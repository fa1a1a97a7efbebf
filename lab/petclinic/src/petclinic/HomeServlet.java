package petclinic;

import java.io.IOException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** The first page. It asks nothing of the database. */
public final class HomeServlet extends BaseServlet {
    private static final long serialVersionUID = 1L;

    @Override
    void answer(HttpServletRequest request, HttpServletResponse response) throws IOException, Refusal {
        onlyReads(request, response);
        new Page("Welcome", request)
            .raw("<p>The clinic's owners, their pets and the pets' visits.</p>\n<p class=\"actions\">")
            .link("/owners?lastName=", "Find owners", "button").link("/owners/new", "Add an owner", "button quiet")
            .link("/vets", "See the vets", "button quiet").raw("</p>\n").send(response, 200);
    }
}
