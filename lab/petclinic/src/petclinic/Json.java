package petclinic;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads one flat JSON object of strings, numbers, booleans and nulls; every value becomes text. */
final class Json {
    private static final Pattern STRING = Pattern.compile(
        "\"((?:[^\"\\\\\\x00-\\x1f]|\\\\(?:[\"\\\\/bfnrt]|u[0-9a-fA-F]{4}))*+)\"");
    private static final Pattern PLAIN = Pattern.compile(
        "-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null");
    private static final Pattern ESCAPE = Pattern.compile("\\\\(u[0-9a-fA-F]{4}|.)");
    private static final Pattern SPACE = Pattern.compile("[ \\t\\r\\n]*");

    private final String text;
    private int at;

    Json(String text) {
        this.text = text;
    }

    Map<String, String> object() throws Refusal {
        Map<String, String> fields = new LinkedHashMap<>();
        expect("{");
        if (!accept("}")) {
            do {
                String name = unescape(take(STRING, 1));
                expect(":");
                fields.put(name, value());
            } while (accept(","));
            expect("}");
        }
        if (at != text.length()) {
            throw malformed();
        }
        return fields;
    }

    private String value() throws Refusal {
        if (text.startsWith("\"", at)) {
            return unescape(take(STRING, 1));
        }
        String plain = take(PLAIN, 0);
        return plain.equals("null") ? "" : plain;
    }

    private boolean accept(String mark) {
        skipSpace();
        boolean there = text.startsWith(mark, at);
        if (there) {
            at += mark.length();
            skipSpace();
        }
        return there;
    }

    private void expect(String mark) throws Refusal {
        if (!accept(mark)) {
            throw malformed();
        }
    }

    private String take(Pattern pattern, int group) throws Refusal {
        Matcher found = pattern.matcher(text).region(at, text.length());
        if (!found.lookingAt()) {
            throw malformed();
        }
        at = found.end();
        return found.group(group);
    }

    private void skipSpace() {
        Matcher space = SPACE.matcher(text).region(at, text.length());
        at = space.lookingAt() ? space.end() : at;
    }

    private static String unescape(String quoted) {
        return ESCAPE.matcher(quoted).replaceAll(found -> {
            String what = found.group(1);
            int place = "bfnrt".indexOf(what.charAt(0));
            String plain = what.length() > 1 ? String.valueOf((char) Integer.parseInt(what.substring(1), 16))
                : place < 0 ? what : String.valueOf("\b\f\n\r\t".charAt(place));
            return Matcher.quoteReplacement(plain);
        });
    }

    private Refusal malformed() {
        return new Refusal(400, "The body is not a flat JSON object (around character " + (at + 1) + ").");
    }
}
