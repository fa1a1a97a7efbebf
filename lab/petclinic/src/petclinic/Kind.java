package petclinic;

import static java.util.stream.Collectors.joining;

import java.util.List;

/** The three kinds of record that people edit. Names of tables and columns are constants; values never are. */
enum Kind {
    OWNER("owners", "Owner", null, "last_name, first_name, id", List.of(
        "DELETE visits FROM visits JOIN pets ON pets.id = visits.pet_id WHERE pets.owner_id = ?",
        "DELETE FROM pets WHERE owner_id = ?",
        "DELETE FROM owners WHERE id = ?"),
        new Field("firstName", "first_name", "First name", Field.Type.TEXT, 30),
        new Field("lastName", "last_name", "Last name", Field.Type.TEXT, 30),
        new Field("address", "address", "Address", Field.Type.TEXT, 255),
        new Field("city", "city", "City", Field.Type.TEXT, 80),
        new Field("telephone", "telephone", "Telephone", Field.Type.DIGITS, 20)),
    PET("pets", "Pet", "owner_id", "name, id", List.of(
        "DELETE FROM visits WHERE pet_id = ?",
        "DELETE FROM pets WHERE id = ?"),
        new Field("name", "name", "Name", Field.Type.TEXT, 30),
        new Field("birthDate", "birth_date", "Birth date", Field.Type.DATE, 10),
        new Field("typeId", "type_id", "Type", Field.Type.CHOICE, 9)),
    VISIT("visits", "Visit", "pet_id", "visit_date DESC, id DESC", List.of(
        "DELETE FROM visits WHERE id = ?"),
        new Field("date", "visit_date", "Date", Field.Type.DATE, 10),
        new Field("description", "description", "Description", Field.Type.TEXT, 255));

    final String table;
    final String title;
    final String parent;
    final List<String> deletes;
    final List<Field> fields;
    private final String order;

    Kind(String table, String title, String parent, String order, List<String> deletes, Field... fields) {
        this.table = table;
        this.title = title;
        this.parent = parent;
        this.order = order;
        this.deletes = deletes;
        this.fields = List.of(fields);
    }

    /** The kind whose parent this is, or null. */
    Kind child() {
        return this == VISIT ? null : values()[ordinal() + 1];
    }

    String selectOne() {
        return select() + " WHERE id = ?" + (parent == null ? "" : " AND " + parent + " = ?");
    }

    String selectOfParent() {
        return select() + " WHERE " + parent + " = ? ORDER BY " + order;
    }

    String selectPage() {
        return select() + " WHERE last_name LIKE ? ORDER BY " + order + " LIMIT ? OFFSET ?";
    }

    /** Takes the fields' values in their order, and then the parent's id. */
    String insert() {
        String columns = fields.stream().map(field -> field.column).collect(joining(", "));
        String marks = fields.stream().map(field -> "?").collect(joining(", "));
        String more = parent == null ? "" : ", " + parent;
        return "INSERT INTO " + table + " (" + columns + more + ") VALUES (" + marks + (more.isEmpty() ? ")" : ", ?)");
    }

    /** Takes the fields' values in their order, and then the id. */
    String update() {
        String pairs = fields.stream().map(field -> field.column + " = ?").collect(joining(", "));
        return "UPDATE " + table + " SET " + pairs + " WHERE id = ?";
    }

    private String select() {
        String columns = fields.stream().map(field -> field.column + " AS " + field.name).collect(joining(", "));
        return "SELECT id, " + columns + " FROM " + table;
    }
}
