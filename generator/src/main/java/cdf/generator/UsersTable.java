package cdf.generator;

/** The names of the simulated table and of where it lies. */
final class UsersTable {
    static final String DATABASE = "simulated";
    static final String SCHEMA = "public";
    static final String TABLE = "users";

    static final String ID = "id";
    static final String NAME = "name";
    static final String BALANCE = "balance";

    private UsersTable() {}
}
