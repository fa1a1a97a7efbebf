package petclinic;

import java.time.LocalDate;
import java.time.format.DateTimeParseException;

/** One field of a form: how it is called where, how long it may be, and what is wrong with a value. */
final class Field {
    final String name;
    final String column;
    final String label;
    final Type type;
    final int longest;

    enum Type { TEXT, DIGITS, DATE, CHOICE }

    Field(String name, String column, String label, Type type, int longest) {
        this.name = name;
        this.column = column;
        this.label = label;
        this.type = type;
        this.longest = longest;
    }

    /** A sentence, or null where the value may be stored. Whether a choice exists is for the database to know. */
    String wrong(String value) {
        if (value.isBlank()) {
            return "Please fill this in.";
        }
        if (value.codePointCount(0, value.length()) > longest) {
            return "At most " + longest + " characters fit here.";
        }
        if (type == Type.DIGITS && !value.matches("[0-9]+")) {
            return "Please write digits only.";
        }
        return type == Type.DATE && !isDate(value) ? "Please write a date as in 2024-02-29." : null;
    }

    private static boolean isDate(String value) {
        try {
            return LocalDate.parse(value).getYear() >= 1000;
        } catch (DateTimeParseException error) {
            return false;
        }
    }
}
