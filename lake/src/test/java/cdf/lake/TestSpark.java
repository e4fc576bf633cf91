package cdf.lake;

import org.apache.spark.sql.classic.SparkSession;

/** The one Spark of a JVM's tests, which ends with it. Each class has a session with settings of its own. */
final class TestSpark {
    static final LocalSpark LOCAL = LocalSpark.startForAll();

    private TestSpark() {}

    /** A session as cdf has it, for the tests of this thread. */
    static SparkSession session() {
        SparkSession session = ((SparkSession) LOCAL.session()).newSession();
        SparkSession.setActiveSession(session);
        return session;
    }

    /** A session for tables of a few rows: planning, compiling and scheduling do not take most of the time. */
    static SparkSession forSmallTables() {
        SparkSession session = session();
        session.conf().set("spark.sql.adaptive.enabled", false);
        session.conf().set("spark.sql.codegen.wholeStage", false);
        session.conf().set("spark.sql.codegen.factoryMode", "NO_CODEGEN");
        session.conf().set("spark.sql.shuffle.partitions", 1);
        session.conf().set("spark.databricks.delta.snapshotPartitions", 1);
        return session;
    }
}
