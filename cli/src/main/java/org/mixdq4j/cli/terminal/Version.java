package org.mixdq4j.cli.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.Optional;
import java.util.jar.Manifest;
import org.mixdq4j.core.exec.ExecutorProvider;
import org.mixdq4j.core.exec.Executors;
import picocli.CommandLine.IVersionProvider;

/** The program's version and commit, as the build wrote them into the jar, and what it would run on here. */
public final class Version implements IVersionProvider {
    private static final String COMMIT = "Implementation-Commit";

    @Override
    public String[] getVersion() {
        String executor = Executors.providers().stream()
                .filter(provider -> provider.unavailable().isEmpty())
                .findFirst()
                .map(ExecutorProvider::name)
                .orElse("none that can run here, see 'mixdq doctor'");
        return new String[] {
            "mixdq " + text() + commit().map(id -> " (commit " + id + ")").orElse(""),
            "executor: " + executor,
            "Java " + System.getProperty("java.version")
        };
    }

    public static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "(unpackaged)" : version;
    }

    /** Empty where the build had no repository. */
    static Optional<String> commit() {
        try {
            for (URL url : Collections.list(Version.class.getClassLoader().getResources("META-INF/MANIFEST.MF"))) {
                try (InputStream in = url.openStream()) {
                    String commit = new Manifest(in).getMainAttributes().getValue(COMMIT);
                    if (commit != null && !commit.startsWith("$")) {
                        return Optional.of(commit);
                    }
                }
            }
        } catch (IOException e) {
            // A version without a commit is better than none.
        }
        return Optional.empty();
    }
}
