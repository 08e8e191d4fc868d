package org.mixdq4j.cli.structure;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Packages and sources that the documentation names are there. */
class DocumentedNamesTest {
    private static final Pattern PACKAGE =
            Pattern.compile("`((?:core|torch|cpu|cuda|ptq|bitalloc|export|cli)\\.[a-z][a-z0-9.]*)`");
    private static final Pattern SOURCE = Pattern.compile("`((?:[\\w./-]+/)?core/[\\w/]+?(?:\\.java)?)/?`");

    @Test
    void packages() throws IOException {
        Set<String> there = Project.classes().stream()
                .map(JavaClass::getPackageName)
                .map(Project::shortName)
                .collect(Collectors.toSet());
        Set<String> missing = new TreeSet<>();
        for (Path page : pages()) {
            Matcher name = PACKAGE.matcher(Files.readString(page));
            while (name.find()) {
                if (there.stream().noneMatch(one -> one.equals(name.group(1)) || one.startsWith(name.group(1) + "."))) {
                    missing.add(page.getFileName() + ": " + name.group(1));
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void sources() throws IOException {
        Path sources = Project.ROOT.resolve("runtime/core/src/main/java/org/mixdq4j");
        Set<String> missing = new TreeSet<>();
        for (Path page : pages()) {
            Matcher name = SOURCE.matcher(Files.readString(page));
            while (name.find()) {
                String path = name.group(1);
                Path root = path.startsWith("core/") ? sources : Project.ROOT;
                if (!Files.exists(root.resolve(path))) {
                    missing.add(page.getFileName() + ": " + path);
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    private static Set<Path> pages() throws IOException {
        try (Stream<Path> files = Files.walk(Project.ROOT.resolve("docs"))) {
            return files.filter(file -> file.toString().endsWith(".md")).collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
