package org.mixdq4j.cli.structure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What packages may use, as their {@code package-info.java} say: "May use A and B." A package may use those it names, the
 * packages below these and below itself, and whatever those may use.
 */
final class PackageUse {
    private static final Pattern SENTENCE = Pattern.compile("\\b[Mm]ay use (.*?)(?:[.;](?:\\s|$)|$)");
    private static final Pattern DECLARATION = Pattern.compile("(?m)^package ([\\w.]+);");
    private static final Pattern COMMENT = Pattern.compile("(?s)/\\*\\*(.*?)\\*/");
    private static final String MODULES =
            "core|torch|cpu|cuda|conformance|calib|sensitivity|ptq|bitalloc|evaluate|report|export|cli|bench";
    private static final Pattern PACKAGE =
            Pattern.compile("(?<![\\w.])(?:mixdq-)?((?:" + MODULES + ")(?:\\.[a-z0-9]+)*)(?![\\w])");
    private static final String EVERYTHING = "every module";

    /** By package: what its sentence names. */
    private final Map<String, Set<String>> named;

    private final Map<String, Set<String>> reached = new HashMap<>();

    private PackageUse(Map<String, Set<String>> named) {
        this.named = named;
    }

    /** @param root of a checkout: all package-info.java of main sources below it count */
    static PackageUse of(Path root) {
        Map<String, Set<String>> named = new TreeMap<>();
        for (Path sources : sources(root)) {
            try (Stream<Path> files = Files.walk(sources)) {
                for (Path file : (Iterable<Path>) files.filter(one -> one.endsWith("package-info.java"))::iterator) {
                    String source = Files.readString(file);
                    Matcher declaration = DECLARATION.matcher(source);
                    if (declaration.find()) {
                        sentence(source)
                                .ifPresent(text -> named.put(Project.shortName(declaration.group(1)), names(text)));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return new PackageUse(named);
    }

    /** Of the modules in a checkout, which lie in its root or one folder below. */
    private static List<Path> sources(Path root) {
        List<Path> found = new ArrayList<>();
        for (Path folder : folders(root)) {
            found.add(folder.resolve("src/main/java"));
            folders(folder).forEach(below -> found.add(below.resolve("src/main/java")));
        }
        return found.stream().filter(Files::isDirectory).toList();
    }

    private static List<Path> folders(Path parent) {
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.filter(Files::isDirectory).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Optional<String> sentence(String source) {
        Matcher comment = COMMENT.matcher(source);
        if (!comment.find()) {
            return Optional.empty();
        }
        String text = comment.group(1)
                .replaceAll("(?m)^\\s*\\*", " ")
                .replaceAll("\\{@\\w+ ([^}]*)}", "$1")
                .replaceAll("\\s+", " ");
        Matcher sentence = SENTENCE.matcher(text);
        return sentence.find() ? Optional.of(sentence.group(1)) : Optional.empty();
    }

    static Set<String> names(String sentence) {
        Set<String> names = new LinkedHashSet<>();
        if (sentence.contains(EVERYTHING)) {
            names.add("");
        }
        Matcher matcher = PACKAGE.matcher(sentence);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    boolean says(String packageName) {
        return named.containsKey(packageName);
    }

    boolean allows(String from, String to) {
        return isWithin(to, from) || reached(from).stream().anyMatch(allowed -> isWithin(to, allowed));
    }

    private Set<String> reached(String from) {
        return reached.computeIfAbsent(from, start -> {
            Set<String> all = new LinkedHashSet<>();
            collect(start, all);
            return all;
        });
    }

    private void collect(String from, Set<String> all) {
        for (String name : named.getOrDefault(from, Set.of())) {
            if (all.add(name)) {
                named.keySet().stream().filter(below -> isWithin(below, name)).forEach(below -> collect(below, all));
            }
        }
    }

    private static boolean isWithin(String packageName, String parent) {
        return parent.isEmpty() || packageName.equals(parent) || packageName.startsWith(parent + ".");
    }
}
