package petclinic;

import java.io.IOException;
import java.sql.SQLException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** 200 only when the database answers now: load balancers and health checkers ask here. */
public final class HealthServlet extends BaseServlet {
    private static final long serialVersionUID = 1L;
    private static final int SECONDS = 2;

    @Override
    void answer(HttpServletRequest request, HttpServletResponse response) throws IOException, Refusal {
        onlyReads(request, response);
        boolean healthy = false;
        try (Database database = Database.open()) {
            healthy = database.answers(SECONDS);
        } catch (SQLException error) {
            log("The database does not answer", error);
        }
        response.setStatus(healthy ? 200 : 503);
        response.setContentType("text/plain; charset=UTF-8");
        response.getWriter().write(healthy ? "ok\n" : "The database does not answer.\n");
    }
}
