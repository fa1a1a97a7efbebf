-- A schema that holds what restores fail on, on the primary; its definers are accounts that the secondary lacks.
-- Beside it lies shop_audit, with a table of the same name.
SET NAMES utf8mb4;
DROP DATABASE IF EXISTS shop;
DROP DATABASE IF EXISTS shop_audit;
DROP USER IF EXISTS 'reporter'@'10.%', 'o''hara'@'%';
CREATE USER 'reporter'@'10.%' ACCOUNT LOCK;
CREATE USER 'o''hara'@'%' ACCOUNT LOCK;
CREATE DATABASE shop_audit DEFAULT CHARACTER SET utf8mb4;
CREATE TABLE shop_audit.Customers (id INT PRIMARY KEY, name VARCHAR(80)) ENGINE=InnoDB;
INSERT INTO shop_audit.Customers VALUES (1, 'of another schema'), (2, 'which no restore may fold into ours');

CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_cs;
GRANT ALL ON shop.* TO 'reporter'@'10.%';
GRANT ALL ON shop.* TO 'o''hara'@'%';
USE shop;
-- Zero dates; and mysqldump's own mode is not strict: CHECKSUM TABLE differs for functional indexes made under another.
SET sql_mode = '';

CREATE TABLE Customers (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(80) NOT NULL COMMENT 'a ; and a '' and a -- ',
  note TEXT,
  born DATE NOT NULL DEFAULT '0000-00-00',
  seen DATETIME(6) NULL,
  city VARCHAR(80) CHARACTER SET latin1,
  loud VARCHAR(80) GENERATED ALWAYS AS (UPPER(name)) VIRTUAL,
  size INT GENERATED ALWAYS AS (CHAR_LENGTH(name)) STORED,
  secret VARCHAR(20) INVISIBLE DEFAULT 'hidden',
  KEY (city), KEY ((LOWER(name))), FULLTEXT KEY (note),
  CONSTRAINT named CHECK (name <> '')
) AUTO_INCREMENT = 4711 COMMENT='it''s the "customers"; all of them';

CREATE TABLE OrderLines (
  customer INT UNSIGNED NOT NULL,
  line INT NOT NULL,
  price DECIMAL(12, 4),
  weight DOUBLE,
  flags BIT(12),
  kind ENUM('a', 'b;', 'c''d'),
  tags SET('x', 'y', 'z'),
  extra JSON,
  place POINT,
  picture LONGBLOB,
  digest BINARY(16),
  changed TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  PRIMARY KEY (customer, line),
  CONSTRAINT who FOREIGN KEY (customer) REFERENCES Customers (id) ON DELETE CASCADE ON UPDATE RESTRICT
);

CREATE TABLE `odd ``name``; --` (`a;b` INT PRIMARY KEY, `c``d` VARCHAR(40), `'e` INT);
CREATE TABLE Parts (id INT NOT NULL, made DATE NOT NULL, PRIMARY KEY (id, made))
  PARTITION BY RANGE (YEAR(made)) (PARTITION old VALUES LESS THAN (2000), PARTITION young VALUES LESS THAN MAXVALUE);
CREATE TABLE keyless (what VARCHAR(40), many INT);
CREATE TABLE nothing (id INT PRIMARY KEY);
CREATE TABLE notes (id INT PRIMARY KEY, text VARCHAR(200), FULLTEXT KEY (text)) ENGINE=MyISAM;
CREATE TABLE seen (at INT AUTO_INCREMENT PRIMARY KEY, event VARCHAR(200));

INSERT INTO Customers (id, name, note, born, seen, city, secret) VALUES
  (1, 'Ana', NULL, '1980-02-29', '2026-11-24 01:02:03.456789', 'Köln', 'kept'),
  (2, 'O''Brien "Sky"', 'SET @@GLOBAL.GTID_PURGED=''x'';\nDELIMITER ;;\nC:\\pets\\ /* no comment */ -- ; ),(1,\r\n`end`', '0000-00-00', NULL, NULL, ''),
  (3, '지우 🐾', CONCAT('@@GLOBAL.GTID_PURGED', CHAR(10), 'DELIMITER ;;', CHAR(10), '-- Dump completed on 2026-11-22 20:45:01', CHAR(10), 'USE `mysql`;', CHAR(0), CHAR(26), CHAR(92)), '2024-00-00', '0000-00-00 00:00:00', 'é', DEFAULT),
  (4, '/*!50003 DEFINER=`reporter`@`10.%` */', ''');DROP TABLE Customers;-- ', '2024-01-01', '1000-01-01', '', '''');
INSERT INTO OrderLines VALUES
  (1, 1, 12.3456, -1.5e300, b'101010101010', 'b;', 'x,z', '{"a": [1, null, "it''s;"], "🦄": "\\n"}', ST_GeomFromText('POINT(1 -2.5)'), NULL, UNHEX('00112233445566778899AABBCCDDEEFF'), '2026-11-24 01:02:03.456'),
  (1, 2, -0.0001, 0.1, b'0', 'c''d', '', 'null', NULL, UNHEX('00270A0D1A5C223B60FF2D2D20C3'), UNHEX('5C27'), '2001-01-01 00:00:00'),
  (2, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', '', '2001-01-01 00:00:00');
SET SESSION cte_max_recursion_depth = 10000;
INSERT INTO OrderLines (customer, line, price, picture, digest, changed)
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 600)
  SELECT 3, n, n / 7, CONCAT(UNHEX(LPAD(HEX(n % 256), 2, '0')), UNHEX(SHA2(n, 512)), '''\\'), LEFT(UNHEX(SHA2(n, 256)), 16), '2010-10-10' FROM n;
INSERT INTO `odd ``name``; --` VALUES (1, 'it''s', 2), (2, ';', 3);
INSERT INTO Parts VALUES (1, '1999-12-31'), (2, '2000-01-01');
INSERT INTO keyless VALUES ('twice', 1), ('twice', 1), (NULL, NULL);
INSERT INTO notes VALUES (1, 'MyISAM; where it is not offered'), (2, 'ENGINE=MyISAM');
ANALYZE TABLE Customers UPDATE HISTOGRAM ON born;

SET sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION';
CREATE DEFINER = 'reporter'@'10.%' SQL SECURITY INVOKER VIEW Names AS SELECT id, name FROM Customers WHERE id > 0 WITH CASCADED CHECK OPTION;
CREATE ALGORITHM = TEMPTABLE DEFINER = 'o''hara'@'%' SQL SECURITY DEFINER VIEW `All; of them` AS
  SELECT n.name, COUNT(*) AS `lines;` FROM Names n JOIN OrderLines o ON o.customer = n.id GROUP BY n.name;
CREATE DEFINER = 'reporter'@'10.%' VIEW aa_first AS SELECT * FROM `All; of them`;

DELIMITER ;;
CREATE DEFINER = 'reporter'@'10.%' FUNCTION chance (most INT) RETURNS INT NOT DETERMINISTIC NO SQL SQL SECURITY INVOKER
  COMMENT 'DEFINER=`a`@`b`; it''s'
BEGIN
  -- it's a comment; with a delimiter ;; and DEFINER=`x`@`y`
  RETURN FLOOR(RAND() * most); /* ;; */ # and ;;
END;;
CREATE DEFINER = 'o''hara'@'%' PROCEDURE tell (IN who VARCHAR(80), OUT said TEXT)
BEGIN
  DECLARE c CURSOR FOR SELECT note FROM Customers WHERE name = who;
  SET said = 'CREATE DEFINER=`root`@`%` TRIGGER ;; DELIMITER ;';
  INSERT INTO seen (event) VALUES (CONCAT(who, ';', said));
END;;
CREATE DEFINER = 'reporter'@'10.%' TRIGGER greet AFTER INSERT ON Customers FOR EACH ROW
BEGIN
  INSERT INTO seen (event) VALUES (CONCAT('came; ', NEW.name));
END;;
CREATE DEFINER = 'reporter'@'10.%' TRIGGER greet_too AFTER INSERT ON Customers FOR EACH ROW FOLLOWS greet
  INSERT INTO seen (event) VALUES ('and again');;
SET sql_mode = 'ANSI_QUOTES,STRICT_TRANS_TABLES';;
CREATE DEFINER = 'o''hara'@'%' TRIGGER "part;ing" BEFORE DELETE ON Customers FOR EACH ROW
  INSERT INTO "seen" (event) VALUES (CONCAT('went; ', OLD.name));;
CREATE DEFINER = 'reporter'@'10.%' PROCEDURE "quoted;" () SELECT "name" FROM "Customers";;
SET sql_mode = 'NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES';;
CREATE DEFINER = 'reporter'@'10.%' FUNCTION literal () RETURNS VARCHAR(20) DETERMINISTIC RETURN 'C:\';;
SET sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION';;
CREATE DEFINER = 'reporter'@'10.%' EVENT nightly ON SCHEDULE EVERY 1 SECOND STARTS '2020-01-01 00:00:00'
  ON COMPLETION NOT PRESERVE ENABLE COMMENT 'ON COMPLETION NOT PRESERVE ENABLE; it''s'
  DO INSERT INTO shop_audit.Customers SELECT 3, 'the event; ran' WHERE NOT EXISTS (SELECT 1 FROM shop_audit.Customers WHERE id = 3);;
CREATE DEFINER = 'o''hara'@'%' EVENT `once; more` ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE DISABLE DO DO 1;;
DELIMITER ;
