package petclinic;

import java.io.IOException;
import javax.servlet.Filter;
import javax.servlet.FilterChain;
import javax.servlet.ServletException;
import javax.servlet.ServletRequest;
import javax.servlet.ServletResponse;
import javax.servlet.http.HttpServletResponse;

/** Says on each answer which site gave it, and that nobody may keep it: after a failover a kept page would lie. */
public final class Headers implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        request.setCharacterEncoding("UTF-8");
        HttpServletResponse answer = (HttpServletResponse) response;
        answer.setHeader("X-Served-By", Page.site(request.getServletContext()));
        answer.setHeader("Cache-Control", "no-store");
        answer.setHeader("X-Content-Type-Options", "nosniff");
        answer.setHeader("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'");
        chain.doFilter(request, response);
    }
}
