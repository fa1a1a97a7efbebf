-- Accounts of the primary's database. The last account that is made marks the server as prepared.

-- The lab's own eyes; nothing that the runbooks use.
CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY '{{ root }}' REQUIRE SSL;
GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;

-- RDS's way to end a connection: its administrator calls this.
DROP PROCEDURE IF EXISTS mysql.rds_kill;
CREATE DEFINER = 'root'@'localhost' PROCEDURE mysql.rds_kill (IN thread BIGINT) SQL SECURITY DEFINER KILL thread;
DROP PROCEDURE IF EXISTS mysql.rds_kill_query;
CREATE DEFINER = 'root'@'localhost' PROCEDURE mysql.rds_kill_query (IN thread BIGINT) SQL SECURITY DEFINER KILL QUERY thread;

CREATE USER IF NOT EXISTS 'petclinic'@'%' IDENTIFIED BY '{{ application }}';
GRANT SELECT, INSERT, UPDATE, DELETE ON petclinic.* TO 'petclinic'@'%';

-- RDS's administrator has RELOAD, and is denied FLUSH TABLES WITH READ LOCK all the same. Here the denial counts:
-- it gets the parts of RELOAD that do not lock, and neither SUPER nor SYSTEM_VARIABLES_ADMIN.
DROP USER IF EXISTS 'dradmin'@'%';
CREATE USER 'dradmin'@'%' IDENTIFIED BY '{{ admin }}';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES,
    CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW,
    CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, CREATE ROLE, DROP ROLE
    ON *.* TO 'dradmin'@'%' WITH GRANT OPTION;
GRANT APPLICATION_PASSWORD_ADMIN, CONNECTION_ADMIN, FLUSH_PRIVILEGES, FLUSH_STATUS, FLUSH_USER_RESOURCES, ROLE_ADMIN,
    SET_ANY_DEFINER, SHOW_ROUTINE, XA_RECOVER_ADMIN ON *.* TO 'dradmin'@'%' WITH GRANT OPTION;
REVOKE INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE VIEW, CREATE ROUTINE, ALTER ROUTINE,
    EVENT, TRIGGER ON mysql.* FROM 'dradmin'@'%';
