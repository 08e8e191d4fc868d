package org.mixdq4j.cli.structure;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.file.Path;

/** The classes of the program, read once for all tests of its structure. */
final class Project {
    static final Path ROOT = Path.of(System.getProperty("mixdq.root"));
    static final String NAME = "org.mixdq4j";

    private static JavaClasses classes;

    private Project() {}

    static synchronized JavaClasses classes() {
        if (classes == null) {
            classes = new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages(NAME);
        }
        return classes;
    }

    /** A package without what all of ours begin with. */
    static String shortName(String packageName) {
        return packageName.equals(NAME) ? "" : packageName.substring(NAME.length() + 1);
    }

    static boolean owns(String packageName) {
        return packageName.startsWith(NAME + ".");
    }
}
