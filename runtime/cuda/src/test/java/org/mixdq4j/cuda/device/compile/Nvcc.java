package org.mixdq4j.cuda.device.compile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The toolkit's compiler, where there is one. */
record Nvcc(Path program) {
    private static final Pattern SPILLS = Pattern.compile("(\\d+) bytes spill (stores|loads)");
    private static final Pattern LOCAL = Pattern.compile("(C75\\d\\d)");

    static Optional<Nvcc> find() {
        List<Path> folders = new ArrayList<>();
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            folders.add(Path.of(folder));
        }
        folders.add(Path.of("/usr/local/cuda/bin"));
        return folders.stream()
                .map(folder -> folder.resolve("nvcc"))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Nvcc::new);
    }

    /** What is wrong with the source: errors, spilled registers, products that were put in a row; empty if nothing is. */
    String trouble(KernelSource source, List<String> options) {
        try {
            Path folder = Files.createTempDirectory("nvcc");
            try {
                return trouble(source, options, folder);
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String trouble(KernelSource source, List<String> options, Path folder) throws IOException {
        Files.writeString(folder.resolve(source.file()), source.text());
        for (Map.Entry<String, String> header : source.headers().entrySet()) {
            Files.writeString(folder.resolve(header.getKey()), header.getValue());
        }
        List<String> command = new ArrayList<>(List.of(
                program.toString(), "-cubin", "-o", "kernel.cubin", "-Xptxas", "-v", "-diag-suppress", "177,128"));
        command.addAll(options);
        command.add(source.file());
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                return output;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        Matcher spills = SPILLS.matcher(output);
        while (spills.find()) {
            if (!spills.group(1).equals("0")) {
                return "registers are spilled:\n" + output;
            }
        }
        return LOCAL.matcher(output).find() ? output : "";
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
