package org.mixdq4j.cli.structure;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;

/** Modules are a star around core, and each library has its place. */
class ModulesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"calib", "sensitivity", "ptq", "bitalloc", "evaluate", "report", "export", "torch", "cpu", "cuda"
            })
    void stagesAndExecutorsKnowCoreOnly(String module) {
        check(noClasses()
                .that()
                .resideInAPackage(ours(module))
                .should()
                .dependOnClassesThat(
                        resideInAPackage("org.mixdq4j..").and(not(resideInAnyPackage(ours("core"), ours(module)))))
                .because("stages meet in cli"));
    }

    @Test
    void coreKnowsNoOtherModule() {
        check(noClasses()
                .that()
                .resideInAPackage(ours("core"))
                .should()
                .dependOnClassesThat(resideInAPackage("org.mixdq4j..").and(not(resideInAPackage(ours("core"))))));
    }

    @Test
    void loweringKnowsNoExecutorAndNoFile() {
        check(classes()
                .that()
                .resideInAPackage(ours("core.lower"))
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "java..",
                        ours("core.lower"),
                        ours("core.graph"),
                        ours("core.quant"),
                        ours("core.tensor"),
                        ours("core.error"))));
    }

    @Test
    void executorsForSpeedCannotBeLookedInto() {
        check(classes()
                .that()
                .areAssignableTo(Instrumented.class)
                .or()
                .areAssignableTo(InstrumentedExecutor.class)
                .should()
                .resideInAnyPackage(ours("core.exec"), ours("torch")));
    }

    @Test
    void analysisAsksForAnExecutorThatCanBeLookedInto() {
        check(noClasses()
                .that()
                .resideInAnyPackage(ours("sensitivity"), ours("ptq"), ours("core.quantize"), ours("core.parity"))
                .should()
                .callMethodWhere(target(owner(type(Executors.class))).and(not(target(name("instrumented"))))));
    }

    @Test
    void librariesHaveTheirPlaces() {
        place("ai.djl.huggingface..", "core.tokenizer");
        place("ai.djl.ndarray..", "torch");
        place("ai.djl.pytorch..", "torch");
        place("org.bytedeco..", "cpu", "cuda.device.driver");
        place("com.google.ortools..", "bitalloc.solve");
        place("tech.tablesaw..", "report");
        place("org.ejml..", "evaluate.fid");
        place("picocli..", "cli");
        place("java.awt..", "core.image");
        place("javax.imageio..", "core.image");
    }

    private static void place(String library, String... homes) {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(Stream.of(homes).map(ModulesTest::ours).toArray(String[]::new))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library));
    }

    private static String ours(String name) {
        return Project.NAME + "." + name + "..";
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(Project.classes());
    }
}
