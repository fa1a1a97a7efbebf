package petclinic;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import javax.servlet.http.HttpServletRequest;

/** The pages of owners, pets and visits. */
final class RecordPages {
    private final HttpServletRequest request;
    private final Place place;
    private final Map<String, String> types;

    RecordPages(HttpServletRequest request, Place place, Map<String, String> types) {
        this.request = request;
        this.place = place;
        this.types = types;
    }

    Page owners(List<Map<String, String>> rows, String lastName, int number) {
        Page page = new Page("Owners", request).form("/owners", "get").raw("<div class=\"search\"><label>Last name begins with"
            + "<input name=\"lastName\" value=\"").text(lastName).raw("\"></label><button>Find</button>");
        page.link("/owners/new", "Add an owner", "button quiet").raw("</div></form>\n");
        if (rows.isEmpty()) {
            return page.raw("<p>No owner was found.</p>\n");
        }
        table(page, Kind.OWNER, rows.subList(0, Math.min(rows.size(), Records.PAGE_ROWS)));
        page.raw("<p class=\"actions\">");
        String query = "/owners?lastName=" + URLEncoder.encode(lastName, StandardCharsets.UTF_8) + "&page=";
        if (number > 1) {
            page.link(query + (number - 1), "Previous page", "button quiet");
        }
        if (rows.size() > Records.PAGE_ROWS) {
            page.link(query + (number + 1), "Next page", "button quiet");
        }
        return page.raw("</p>\n");
    }

    /** The innermost record of the place, and what stands below it. */
    Page record(Map<String, String> record, Kind below, List<Map<String, String>> rows) {
        Kind kind = Kind.values()[place.ids.size() - 1];
        String path = place.path(place.ids.size());
        Page page = new Page(name(kind, record), request).raw("<dl>\n");
        for (Field field : kind.fields) {
            page.raw("<dt>").text(field.label).raw("</dt><dd>").text(shown(field, record)).raw("</dd>\n");
        }
        page.raw("</dl>\n<div class=\"actions\">").link(path + "/edit", "Edit", "button");
        page.form(path, "DELETE").raw("<button class=\"danger\">Delete</button></form>\n");
        page.link(kind == Kind.OWNER ? "/owners?lastName=" : place.path(kind.ordinal()), "Back", "button quiet").raw("</div>\n");
        if (below != null) {
            page.raw("<h2>").text(below.title + "s").raw("</h2>\n");
            table(page, below, rows);
            page.raw("<p class=\"actions\">")
                .link(path + "/" + below.table + "/new", "Add a " + below.title.toLowerCase(), "button quiet").raw("</p>\n");
        }
        return page;
    }

    /** `wrong` holds a sentence for each field whose value cannot be stored. */
    Page form(Map<String, String> values, Map<String, String> wrong) {
        boolean one = place.isOne();
        Page page = new Page((one ? "Edit: " : "New: ") + place.kind.title.toLowerCase(), request);
        page.form(one ? place.path(place.ids.size()) : place.collection(), one ? "PUT" : "POST");
        for (Field field : place.kind.fields) {
            String sentence = wrong.get(field.name);
            page.raw("<label for=\"" + field.name + "\">").text(field.label).raw("</label>\n");
            control(page, field, values.getOrDefault(field.name, ""), sentence != null);
            if (sentence != null) {
                page.raw("<p class=\"wrong\" id=\"" + field.name + "-wrong\">").text(sentence).raw("</p>\n");
            }
        }
        page.raw("<p class=\"actions\"><button>Save</button>");
        return page.link(one ? place.path(place.ids.size()) : place.above(), "Cancel", "button quiet").raw("</p></form>\n");
    }

    private void control(Page page, Field field, String value, boolean wrong) {
        String attributes = " id=\"" + field.name + "\" name=\"" + field.name + "\""
            + (wrong ? " aria-invalid=\"true\" aria-describedby=\"" + field.name + "-wrong\"" : "");
        if (field.type != Field.Type.CHOICE) {
            String type = field.type == Field.Type.DATE ? "date" : field.type == Field.Type.DIGITS ? "tel" : "text";
            page.raw("<input type=\"" + type + "\"" + attributes + " value=\"").text(value).raw("\">\n");
            return;
        }
        page.raw("<select" + attributes + ">\n");
        types.forEach((id, name) -> page.raw("<option" + (id.equals(value) ? " selected" : "") + " value=\"").text(id).raw("\">")
            .text(name).raw("</option>\n"));
        page.raw("</select>\n");
    }

    private void table(Page page, Kind kind, List<Map<String, String>> rows) {
        if (rows.isEmpty()) {
            page.raw("<p>None yet.</p>\n");
            return;
        }
        String above = place.path(kind.ordinal());
        page.raw("<table>\n<tr><th>" + kind.title + "</th>");
        kind.fields.forEach(field -> page.raw("<th>" + field.label + "</th>"));
        page.raw("</tr>\n");
        for (Map<String, String> row : rows) {
            page.raw("<tr><td>").link(above + "/" + kind.table + "/" + row.get("id"), name(kind, row), "").raw("</td>");
            kind.fields.forEach(field -> page.raw("<td>").text(shown(field, row)).raw("</td>"));
            page.raw("</tr>\n");
        }
        page.raw("</table>\n");
    }

    private String shown(Field field, Map<String, String> record) {
        String value = record.get(field.name);
        return field.type == Field.Type.CHOICE ? types.getOrDefault(value, value) : value;
    }

    private static String name(Kind kind, Map<String, String> record) {
        switch (kind) {
            case OWNER:
                return record.get("firstName") + " " + record.get("lastName");
            case PET:
                return record.get("name");
            default:
                return "Visit of " + record.get("date");
        }
    }
}
