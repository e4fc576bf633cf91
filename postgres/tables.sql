-- What the Compose file's database begins with.
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, balance bigint NOT NULL);
INSERT INTO users VALUES (1, 'Ada', 100), (2, 'Grace', 200);
