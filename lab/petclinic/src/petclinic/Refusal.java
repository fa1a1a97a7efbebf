package petclinic;

import java.sql.SQLException;
import java.util.Set;

/** A request that is not served: the HTTP status, and one sentence for the person who asked. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;
    // MySQL: the account may not write (1044, 1142, 1143), the server or the transaction is read-only (1290, 1792, 1836).
    private static final Set<Integer> READ_ONLY = Set.of(1044, 1142, 1143, 1290, 1792, 1836);

    final int status;

    Refusal(int status, String sentence) {
        super(sentence);
        this.status = status;
    }

    static Refusal notFound() {
        return new Refusal(404, "There is no such page. It may have been deleted.");
    }

    static Refusal of(SQLException error, boolean writing) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (writing && cause instanceof SQLException && READ_ONLY.contains(((SQLException) cause).getErrorCode())) {
                return new Refusal(503, "This copy is read-only for now. Nothing was changed; please try again later.");
            }
        }
        return new Refusal(503, "The database does not answer. Please try again in a moment.");
    }
}
