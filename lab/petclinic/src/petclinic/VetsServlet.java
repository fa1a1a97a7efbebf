package petclinic;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** The vets and what they know best. */
public final class VetsServlet extends BaseServlet {
    private static final long serialVersionUID = 1L;
    private static final String SQL = "SELECT CONCAT(first_name, ' ', last_name) AS name,"
        + " COALESCE(GROUP_CONCAT(specialties.name ORDER BY specialties.name SEPARATOR ', '), 'none') AS specialties"
        + " FROM vets LEFT JOIN vet_specialties ON vet_id = vets.id LEFT JOIN specialties ON specialties.id = specialty_id"
        + " GROUP BY vets.id, first_name, last_name ORDER BY last_name, first_name";

    @Override
    void answer(HttpServletRequest request, HttpServletResponse response) throws IOException, SQLException, Refusal {
        onlyReads(request, response);
        List<Map<String, String>> vets;
        try (Database database = Database.open()) {
            vets = database.rows(SQL);
        }
        Page page = new Page("Vets", request).raw("<table>\n<tr><th>Name</th><th>Specialties</th></tr>\n");
        for (Map<String, String> vet : vets) {
            page.raw("<tr><td>").text(vet.get("name")).raw("</td><td>").text(vet.get("specialties")).raw("</td></tr>\n");
        }
        page.raw("</table>\n").send(response, 200);
    }
}
