package petclinic;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Owners, pets and visits in the database. A record that is not below its parents does not exist. */
final class Records {
    static final int PAGE_ROWS = 20;

    private final Database database;

    Records(Database database) {
        this.database = database;
    }

    /** The records that a path names, outermost first. */
    List<Map<String, String>> along(Place place) throws SQLException, Refusal {
        List<Map<String, String>> found = new ArrayList<>();
        for (int i = 0; i < place.ids.size(); i++) {
            Kind kind = Kind.values()[i];
            List<Map<String, String>> rows = i == 0
                ? database.rows(kind.selectOne(), place.ids.get(i))
                : database.rows(kind.selectOne(), place.ids.get(i), place.ids.get(i - 1));
            if (rows.isEmpty()) {
                throw Refusal.notFound();
            }
            found.add(rows.get(0));
        }
        return found;
    }

    List<Map<String, String>> below(Kind kind, long parent) throws SQLException {
        return database.rows(kind.selectOfParent(), parent);
    }

    /** Owners whose last name begins so; one row more than a page when there is another page. */
    List<Map<String, String>> owners(String lastName, int page) throws SQLException {
        String prefix = lastName.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
        return database.rows(Kind.OWNER.selectPage(), prefix, PAGE_ROWS + 1, (page - 1) * PAGE_ROWS);
    }

    /** The kinds of animals: id and name. */
    Map<String, String> types() throws SQLException {
        Map<String, String> types = new LinkedHashMap<>();
        for (Map<String, String> row : database.rows("SELECT id, name FROM types ORDER BY name")) {
            types.put(row.get("id"), row.get("name"));
        }
        return types;
    }

    long add(Place place, Map<String, String> values) throws SQLException {
        List<Object> all = inOrder(place.kind, values);
        if (place.kind.parent != null) {
            all.add(place.id());
        }
        return database.insert(place.kind.insert(), all.toArray());
    }

    void replace(Place place, Map<String, String> values) throws SQLException {
        List<Object> all = inOrder(place.kind, values);
        all.add(place.id());
        database.change(place.kind.update(), all.toArray());
    }

    void delete(Place place) throws SQLException {
        database.changeTogether(place.kind.deletes, place.id());
    }

    private static List<Object> inOrder(Kind kind, Map<String, String> values) {
        List<Object> all = new ArrayList<>();
        for (Field field : kind.fields) {
            all.add(values.get(field.name));
        }
        return all;
    }
}
