-- Spring PetClinic's schema and data for MySQL, then some thousand rows so that it feels real.
-- vet_specialties has no primary key, as in the original: the secondary adds an invisible one.
SET NAMES utf8mb4;
DROP DATABASE IF EXISTS petclinic;
CREATE DATABASE petclinic DEFAULT CHARACTER SET utf8mb4;
USE petclinic;

CREATE TABLE vets (
  id INT(4) UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  first_name VARCHAR(30),
  last_name VARCHAR(30),
  INDEX(last_name)
) ENGINE=InnoDB;

CREATE TABLE specialties (
  id INT(4) UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(80),
  INDEX(name)
) ENGINE=InnoDB;

CREATE TABLE vet_specialties (
  vet_id INT(4) UNSIGNED NOT NULL,
  specialty_id INT(4) UNSIGNED NOT NULL,
  FOREIGN KEY (vet_id) REFERENCES vets(id),
  FOREIGN KEY (specialty_id) REFERENCES specialties(id),
  UNIQUE (vet_id, specialty_id)
) ENGINE=InnoDB;

CREATE TABLE types (
  id INT(4) UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(80),
  INDEX(name)
) ENGINE=InnoDB;

CREATE TABLE owners (
  id INT(4) UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  first_name VARCHAR(30),
  last_name VARCHAR(30),
  address VARCHAR(255),
  city VARCHAR(80),
  telephone VARCHAR(20),
  INDEX(last_name)
) ENGINE=InnoDB;

CREATE TABLE pets (
  id INT(4) UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(30),
  birth_date DATE,
  type_id INT(4) UNSIGNED NOT NULL,
  owner_id INT(4) UNSIGNED,
  INDEX(name),
  FOREIGN KEY (owner_id) REFERENCES owners(id),
  FOREIGN KEY (type_id) REFERENCES types(id)
) ENGINE=InnoDB;

CREATE TABLE visits (
  id INT(4) UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  pet_id INT(4) UNSIGNED,
  visit_date DATE,
  description VARCHAR(255),
  FOREIGN KEY (pet_id) REFERENCES pets(id)
) ENGINE=InnoDB;

INSERT INTO vets VALUES
  (1, 'James', 'Carter'), (2, 'Helen', 'Leary'), (3, 'Linda', 'Douglas'),
  (4, 'Rafael', 'Ortega'), (5, 'Henry', 'Stevens'), (6, 'Sharon', 'Jenkins');
INSERT INTO specialties VALUES (1, 'radiology'), (2, 'surgery'), (3, 'dentistry');
INSERT INTO vet_specialties VALUES (2, 1), (3, 2), (3, 3), (4, 2), (5, 1);
INSERT INTO types VALUES (1, 'cat'), (2, 'dog'), (3, 'lizard'), (4, 'snake'), (5, 'bird'), (6, 'hamster');
INSERT INTO owners VALUES
  (1, 'George', 'Franklin', '110 W. Liberty St.', 'Madison', '6085551023'),
  (2, 'Betty', 'Davis', '638 Cardinal Ave.', 'Sun Prairie', '6085551749'),
  (3, 'Eduardo', 'Rodriquez', '2693 Commerce St.', 'McFarland', '6085558763'),
  (4, 'Harold', 'Davis', '563 Friendly St.', 'Windsor', '6085553198'),
  (5, 'Peter', 'McTavish', '2387 S. Fair Way', 'Madison', '6085552765'),
  (6, 'Jean', 'Coleman', '105 N. Lake St.', 'Monona', '6085552654'),
  (7, 'Jeff', 'Black', '1450 Oak Blvd.', 'Monona', '6085555387'),
  (8, 'Maria', 'Escobito', '345 Maple St.', 'Madison', '6085557683'),
  (9, 'David', 'Schroeder', '2749 Blackhawk Trail', 'Madison', '6085559435'),
  (10, 'Carlos', 'Estaban', '2335 Independence La.', 'Waunakee', '6085555487');
INSERT INTO pets VALUES
  (1, 'Leo', '2000-09-07', 1, 1), (2, 'Basil', '2002-08-06', 6, 2), (3, 'Rosy', '2001-04-17', 2, 3),
  (4, 'Jewel', '2000-03-07', 2, 3), (5, 'Iggy', '2000-11-30', 3, 4), (6, 'George', '2000-01-20', 4, 5),
  (7, 'Samantha', '1995-09-04', 1, 6), (8, 'Max', '1995-09-04', 1, 6), (9, 'Lucky', '1999-08-06', 5, 7),
  (10, 'Mulligan', '1997-02-24', 2, 8), (11, 'Freddy', '2000-03-09', 5, 9), (12, 'Lucky', '2000-06-24', 2, 10),
  (13, 'Sly', '2002-06-08', 1, 10);
INSERT INTO visits VALUES
  (1, 7, '2010-03-04', 'rabies shot'), (2, 8, '2011-03-04', 'rabies shot'),
  (3, 8, '2009-06-04', 'neutered'), (4, 7, '2008-09-04', 'spayed');

-- What people really type into a text field. A line-wise sed over a dump deletes this row, or half of a statement.
INSERT INTO owners VALUES (11, '지우 🐾', 'O''Brien "Sky"',
  CONCAT('SET @@GLOBAL.GTID_PURGED=''x'';', CHAR(10), 'DELIMITER ;;', CHAR(10), 'C:', CHAR(92), 'pets', CHAR(92),
         ' /* 🐈 */ -- ; ),(', CHAR(13, 10), '`end`'), '서울', '6085550000');
INSERT INTO pets VALUES (14, '🐶 Bo;', '2012-02-29', 2, 11);
INSERT INTO visits VALUES (5, 14, '2012-03-01',
  CONCAT('@@GLOBAL.GTID_PURGED', CHAR(10), 'DELIMITER ;;', CHAR(10), 'He said "it''s fine";', CHAR(92), ' 🩹'));

SET SESSION cte_max_recursion_depth = 10000;
INSERT INTO owners (first_name, last_name, address, city, telephone)
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 2000)
SELECT ELT(1 + n % 16, 'Ana', 'Ben', 'Chloe', 'Dan', 'Emma', 'Felix', 'Grace', 'Hugo', 'Iris', 'Jack', 'Kim', 'Liam',
           'Mia', 'Noah', 'Olga', '민준'),
       ELT(1 + n % 11, 'Adams', 'Baker', 'Choi', 'Dietrich', 'Evans', 'Fischer', 'Garcia', 'Hughes', 'Ivanova',
           'Jansen', '김'),
       CONCAT(1 + n * 7 % 900, ' ', ELT(1 + n % 7, 'Oak', 'Maple', 'Lake', 'Hill', 'Park', 'Church', 'Mill'), ' St.'),
       ELT(1 + n % 5, 'Madison', 'Monona', 'Windsor', 'Waunakee', 'Sun Prairie'),
       CONCAT('608', LPAD(5560000 + n, 7, '0'))
FROM number;
INSERT INTO pets (name, birth_date, type_id, owner_id)
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 3000)
SELECT ELT(1 + n % 13, 'Bella', 'Coco', 'Duke', 'Echo', 'Fluffy', 'Ginger', 'Hazel', 'Ike', 'Jasper', 'Kiwi', 'Luna',
           'Milo', 'Nala'),
       DATE_ADD('2012-01-01', INTERVAL n DIV 2 DAY), 1 + n % 6, 12 + n % 2000
FROM number;
INSERT INTO visits (pet_id, visit_date, description)
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 6000)
SELECT 15 + n % 3000, DATE_ADD('2018-01-01', INTERVAL n DIV 3 DAY),
       ELT(1 + n % 7, 'rabies shot', 'check-up', 'dental cleaning', 'limping; resting helps', 'it''s "just" a cold',
           'ate a sock (again), recovered', 'vaccination')
FROM number;
