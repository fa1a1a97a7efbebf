package petclinic;

import java.util.ArrayList;
import java.util.List;

/** What a path points at: /owners/7/pets/9/edit is the kind PET, the ids 7 and 9, and the action "edit". */
final class Place {
    final Kind kind;
    final List<Long> ids;
    final String action;

    private Place(Kind kind, List<Long> ids, String action) {
        this.kind = kind;
        this.ids = List.copyOf(ids);
        this.action = action;
    }

    static Place of(String path) throws Refusal {
        List<String> parts = new ArrayList<>(List.of(path.substring(1).split("/")));
        String action = "";
        if (parts.size() > 1 && List.of("new", "edit").contains(parts.get(parts.size() - 1))) {
            action = parts.remove(parts.size() - 1);
        }
        Kind[] kinds = Kind.values();
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            boolean known = i < 2 * kinds.length && (i % 2 == 1 || kinds[i / 2].table.equals(parts.get(i)));
            if (!known || (i % 2 == 1 && !parts.get(i).matches("[0-9]{1,9}"))) {
                throw Refusal.notFound();
            }
            if (i % 2 == 1) {
                ids.add(Long.valueOf(parts.get(i)));
            }
        }
        Place place = new Place(kinds[(parts.size() - 1) / 2], ids, action);
        if (!action.isEmpty() && action.equals("edit") != place.isOne()) {
            throw Refusal.notFound();
        }
        return place;
    }

    /** One record; otherwise the collection of this kind. */
    boolean isOne() {
        return ids.size() == kind.ordinal() + 1;
    }

    long id() {
        return ids.get(ids.size() - 1);
    }

    /** The path of the first `depth` records, "" for none. */
    String path(int depth) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < depth; i++) {
            text.append('/').append(Kind.values()[i].table).append('/').append(ids.get(i));
        }
        return text.toString();
    }

    String collection() {
        return path(kind.ordinal()) + "/" + kind.table;
    }

    /** Where a person goes on from here when this record is gone. */
    String above() {
        return kind == Kind.OWNER ? "/owners?lastName=" : path(kind.ordinal());
    }
}
