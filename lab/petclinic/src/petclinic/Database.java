package petclinic;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;

/** One connection, and statements on it; rows are maps from a column's label to its text. */
final class Database implements AutoCloseable {
    private static final String NAME = "java:comp/env/jdbc/petclinic";
    private static final int QUERY_SECONDS = 10;

    private final Connection connection;

    private Database(Connection connection) {
        this.connection = connection;
    }

    static Database open() throws SQLException {
        try {
            return new Database(((DataSource) new InitialContext().lookup(NAME)).getConnection());
        } catch (NamingException error) {
            throw new SQLException("The server has no DataSource " + NAME, error);
        }
    }

    List<Map<String, String>> rows(String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(sql, values); ResultSet found = statement.executeQuery()) {
            List<Map<String, String>> rows = new ArrayList<>();
            ResultSetMetaData columns = found.getMetaData();
            while (found.next()) {
                Map<String, String> row = new LinkedHashMap<>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    String value = found.getString(i);
                    row.put(columns.getColumnLabel(i), value == null ? "" : value);
                }
                rows.add(row);
            }
            return rows;
        }
    }

    int change(String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(sql, values)) {
            return statement.executeUpdate();
        }
    }

    /** Returns the id that the new row was given. */
    long insert(String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(sql, values)) {
            statement.executeUpdate();
            try (ResultSet keys = statement.getGeneratedKeys()) {
                keys.next();
                return keys.getLong(1);
            }
        }
    }

    /** All of them or none. Each statement takes the same one value. */
    void changeTogether(List<String> statements, Object value) throws SQLException {
        connection.setAutoCommit(false);
        try {
            for (String sql : statements) {
                change(sql, value);
            }
            connection.commit();
        } catch (SQLException error) {
            connection.rollback();
            throw error;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    boolean answers(int seconds) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(seconds);
            try (ResultSet one = statement.executeQuery("SELECT 1")) {
                return one.next();
            }
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    private PreparedStatement prepare(String sql, Object... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS);
        statement.setQueryTimeout(QUERY_SECONDS);
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement;
    }
}
