package petclinic;

import java.io.IOException;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** /owners and everything below it: read, add, replace, delete. */
public final class RecordServlet extends BaseServlet {
    private static final long serialVersionUID = 1L;
    private static final Set<String> FROM_FORMS = Set.of("PUT", "DELETE");

    @Override
    void answer(HttpServletRequest request, HttpServletResponse response) throws IOException, SQLException, Refusal {
        Place place = Place.of(request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo()));
        if (reads(request)) {
            try (Database database = Database.open()) {
                read(new Records(database), place, request).send(response, 200);
            }
            return;
        }
        Map<String, String> input = Input.of(request);
        boolean posted = request.getMethod().equals("POST");
        String asked = input.getOrDefault("_method", "");
        String method = posted && FROM_FORMS.contains(asked) ? asked : request.getMethod();
        String allowed = !place.action.isEmpty() ? "GET, HEAD" : place.isOne() ? "GET, HEAD, PUT, DELETE" : "GET, HEAD, POST";
        if (!List.of(allowed.split(", ")).contains(method)) {
            throw notAllowed(response, allowed);
        }
        try (Database database = Database.open()) {
            String next = write(new Records(database), place, method, input, request, response);
            if (next != null) {
                // A browser goes on; a program that said PUT or DELETE itself has its answer.
                response.setStatus(posted ? 303 : 204);
                if (posted) {
                    response.setHeader("Location", request.getContextPath() + next);
                }
            }
        }
    }

    private static Page read(Records records, Place place, HttpServletRequest request) throws SQLException, Refusal {
        RecordPages pages = new RecordPages(request, place, records.types());
        List<Map<String, String>> along = records.along(place);
        if (place.action.equals("new")) {
            return pages.form(Map.of(), Map.of());
        }
        if (place.action.equals("edit")) {
            return pages.form(along.get(along.size() - 1), Map.of());
        }
        if (place.kind == Kind.OWNER && !place.isOne()) {
            String lastName = request.getParameter("lastName") == null ? "" : request.getParameter("lastName");
            int page = pageNumber(request.getParameter("page"));
            return pages.owners(records.owners(lastName, page), lastName, page);
        }
        Kind below = place.isOne() ? place.kind.child() : place.kind;
        List<Map<String, String>> rows = below == null ? List.of() : records.below(below, place.id());
        return pages.record(along.get(along.size() - 1), below, rows);
    }

    /** Returns the path to go on at, or null when it has answered already. */
    private static String write(Records records, Place place, String method, Map<String, String> input,
            HttpServletRequest request, HttpServletResponse response) throws IOException, SQLException, Refusal {
        records.along(place);
        if (method.equals("DELETE")) {
            records.delete(place);
            return place.above();
        }
        Map<String, String> types = records.types();
        Map<String, String> values = new LinkedHashMap<>();
        Map<String, String> wrong = new LinkedHashMap<>();
        for (Field field : place.kind.fields) {
            String value = input.getOrDefault(field.name, "").strip();
            boolean unknown = field.type == Field.Type.CHOICE && !types.containsKey(value);
            String sentence = unknown ? "Please choose one of these." : field.wrong(value);
            values.put(field.name, value);
            if (sentence != null) {
                wrong.put(field.name, sentence);
            }
        }
        if (!wrong.isEmpty()) {
            new RecordPages(request, place, types).form(values, wrong).send(response, 400);
            return null;
        }
        if (method.equals("POST")) {
            return place.collection() + "/" + records.add(place, values);
        }
        records.replace(place, values);
        return place.path(place.ids.size());
    }

    private static int pageNumber(String text) {
        return text != null && text.matches("[1-9][0-9]{0,5}") ? Integer.parseInt(text) : 1;
    }
}
