package petclinic;

import java.io.IOException;
import javax.servlet.RequestDispatcher;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** What Tomcat itself could not serve, in the look of the other pages and without a stack trace. */
public final class ErrorServlet extends BaseServlet {
    private static final long serialVersionUID = 1L;

    @Override
    void answer(HttpServletRequest request, HttpServletResponse response) throws IOException, Refusal {
        Integer status = (Integer) request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        if (status == null || status == 404) {
            throw Refusal.notFound();
        }
        throw new Refusal(status, "Something went wrong here. Please try again.");
    }
}
