package org.mixdq4j.cli.structure;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Code keeps to what package-info files say of it. */
class PackageUseTest {
    private static final PackageUse USE = PackageUse.of(Project.ROOT);

    @Test
    void everyPackageSaysWhatItMayUse() {
        Set<String> silent = new TreeSet<>();
        for (JavaClass type : Project.classes()) {
            if (!type.getSimpleName().equals("package-info") && !USE.says(Project.shortName(type.getPackageName()))) {
                silent.add(Project.shortName(type.getPackageName()));
            }
        }
        assertThat(silent)
                .as("packages whose package-info.java has no sentence 'May use ...'")
                .isEmpty();
    }

    @Test
    void noPackageUsesMoreThanItSays() {
        Map<String, String> broken = new TreeMap<>();
        for (JavaClass type : Project.classes()) {
            String from = Project.shortName(type.getPackageName());
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                String target =
                        dependency.getTargetClass().getBaseComponentType().getPackageName();
                if (Project.owns(target) && !USE.allows(from, Project.shortName(target))) {
                    broken.putIfAbsent(from + " -> " + Project.shortName(target), dependency.getDescription());
                }
            }
        }
        assertThat(broken.entrySet().stream()
                        .map(one -> one.getKey() + ": " + one.getValue())
                        .toList())
                .as("uses that the package-info.java of the package does not name")
                .isEmpty();
    }

    @Test
    void sentencesAreReadAsPeopleReadThem() {
        assertThat(PackageUse.sentence(
                        "/**\n * One. May use {@code core.graph}, the\n * JDK and {@link core.io}; no more. Two. */"))
                .hasValue("core.graph, the JDK and core.io");
        assertThat(PackageUse.sentence("/** Says nothing. */")).isEmpty();
        assertThat(PackageUse.names("core.lower's values, mixdq-torch and the other packages of ptq"))
                .containsExactly("core.lower", "torch", "ptq");
        assertThat(PackageUse.names("nothing but the JDK")).isEmpty();
    }
}
