package cdf.cli;

import cdf.change.EventDecoder;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

import java.util.Set;
import java.util.stream.Collectors;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

/** What may depend on what: DESIGN in code. */
class ArchitectureTest {
    private static final Set<String> PACKAGES = Set.of(
            "cdf.change",
            "cdf.generator",
            "cdf.kafka",
            "cdf.broker",
            "cdf.postgres",
            "cdf.lake",
            "cdf.verify",
            "cdf.dashboard",
            "cdf.producer",
            "cdf.cli");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("cdf");

    @Test
    void everyModuleIsScanned() {
        Set<String> scanned = CLASSES.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());

        assertThat(scanned).containsExactlyInAnyOrderElementsOf(PACKAGES);
        assertThat(CLASSES.size()).isGreaterThan(60);
    }

    @Test
    void arrowsPointTowardsChange() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("change")
                .definedBy("cdf.change")
                .layer("generator")
                .definedBy("cdf.generator")
                .layer("kafka")
                .definedBy("cdf.kafka")
                .layer("broker")
                .definedBy("cdf.broker")
                .layer("postgres")
                .definedBy("cdf.postgres")
                .layer("lake")
                .definedBy("cdf.lake")
                .layer("verify")
                .definedBy("cdf.verify")
                .layer("dashboard")
                .definedBy("cdf.dashboard")
                .layer("producer")
                .definedBy("cdf.producer")
                .layer("cli")
                .definedBy("cdf.cli")
                .whereLayer("cli")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("producer")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("lake")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("verify")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("dashboard")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("broker")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("generator")
                .mayOnlyBeAccessedByLayers("producer", "cli")
                .whereLayer("postgres")
                .mayOnlyBeAccessedByLayers("producer", "cli")
                .whereLayer("kafka")
                .mayOnlyBeAccessedByLayers("postgres", "lake", "verify", "producer", "cli")
                .check(CLASSES);
    }

    @Test
    void changeKnowsOnlyTheJdkAndJackson() {
        classes()
                .that()
                .resideInAPackage("cdf.change")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("cdf.change", "java..", "com.fasterxml.jackson.core..", "org.jspecify..")
                .check(CLASSES);
    }

    @Test
    void theProofKnowsNeitherSparkNorTheDecoderOfTheTable() {
        noClasses()
                .that()
                .resideInAPackage("cdf.verify")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("cdf.lake..", "org.apache.spark..", "org.apache.spark.sql.delta..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(EventDecoder.class)
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("cdf.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void onlyTheApplicationsWriteToTheTerminal() {
        noClasses()
                .that()
                .resideOutsideOfPackages("cdf.producer", "cdf.cli")
                .should(ACCESS_STANDARD_STREAMS)
                .check(CLASSES);
    }

    @Test
    void everyPackageIsNullMarked() {
        classes().should(beInANullMarkedPackage()).check(CLASSES);
    }

    private static ArchCondition<JavaClass> beInANullMarkedPackage() {
        return new ArchCondition<>("be in a @NullMarked package") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                boolean marked = item.getPackage().isAnnotatedWith(NullMarked.class);
                events.add(new SimpleConditionEvent(item, marked, item.getPackageName()));
            }
        };
    }
}
