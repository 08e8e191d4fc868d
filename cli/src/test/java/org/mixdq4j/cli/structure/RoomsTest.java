package org.mixdq4j.cli.structure;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Rooms, the packages right below a module, have an order, in core the one that docs/architecture.md gives. */
class RoomsTest {
    private static final Pattern ORDER = Pattern.compile("The order is\\s+`([^`]+)`");
    private static final Pattern ROOM = Pattern.compile("org\\.mixdq4j\\.core\\.(\\w+).*");

    @Test
    void roomsOfCoreUseEarlierOnesOnly() throws IOException {
        Map<String, Integer> order = order();
        Map<String, String> upward = new TreeMap<>();
        Set<String> rooms = new TreeSet<>();
        for (JavaClass type : Project.classes()) {
            String from = room(type);
            if (from.isEmpty()) {
                continue;
            }
            rooms.add(from);
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                String to = room(dependency.getTargetClass().getBaseComponentType());
                if (!to.isEmpty() && !to.equals(from) && order.getOrDefault(to, 0) >= order.getOrDefault(from, 0)) {
                    upward.putIfAbsent(from + " -> " + to, dependency.getDescription());
                }
            }
        }
        assertThat(order.keySet())
                .as("rooms that docs/architecture.md puts in order")
                .isEqualTo(rooms);
        assertThat(upward).isEmpty();
    }

    @Test
    void noModuleGoesInCircles() {
        for (String module : modules()) {
            slices().matching(Project.NAME + "." + module + ".(*)..")
                    .should()
                    .beFreeOfCycles()
                    .allowEmptyShould(true)
                    .check(Project.classes());
        }
    }

    /** What lies right in a module's package is its face: it uses its rooms, and they know nothing of it. */
    @Test
    void roomsDoNotUseTheFaceOfTheirModule() {
        for (String module : modules()) {
            String face = Project.NAME + "." + module;
            noClasses()
                    .that()
                    .resideInAPackage(face + ".*..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(face)
                    .allowEmptyShould(true)
                    .check(Project.classes());
        }
    }

    private static List<String> modules() {
        return Project.classes().getPackage(Project.NAME).getSubpackages().stream()
                .map(JavaPackage::getRelativeName)
                .sorted()
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private static Map<String, Integer> order() throws IOException {
        Matcher line = ORDER.matcher(Files.readString(Project.ROOT.resolve("docs/architecture.md")));
        assertThat(line.find())
                .as("docs/architecture.md gives the order of core's packages")
                .isTrue();
        Map<String, Integer> order = new HashMap<>();
        String[] steps = line.group(1).split("<");
        for (int i = 0; i < steps.length; i++) {
            for (String room : steps[i].split(",")) {
                order.put(room.strip(), i);
            }
        }
        return order;
    }

    private static String room(JavaClass type) {
        Matcher name = ROOM.matcher(type.getPackageName());
        return name.matches() ? name.group(1) : "";
    }
}
