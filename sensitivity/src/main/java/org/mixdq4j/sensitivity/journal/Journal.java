package org.mixdq4j.sensitivity.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.sensitivity.measure.Measured;
import org.mixdq4j.sensitivity.variant.Variant;

/**
 * A text file that begins with the identity of the measurement and has a line for each unit and variant measured, in any
 * order. Lines are appended as they come; one that a kill cut off is dropped when the file is opened again. Safe for use
 * by several threads.
 */
public final class Journal implements AutoCloseable {
    private static final String HEAD = "mixdq4j-sensitivity-journal 1 ";

    private record Key(int unit, Variant variant) {}

    private final Path file;
    private final FileChannel channel;
    private final Map<Key, Measured> known = new HashMap<>();

    private Journal(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Opens or begins a journal.
     *
     * @param identity digest of all that determines what is measured
     * @throws UsageException if there is one of another measurement
     */
    public static Journal open(Path file, String identity) {
        try {
            boolean begun = Files.isRegularFile(file);
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            Journal journal = new Journal(file, channel);
            try {
                journal.load(begun, identity);
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
            return journal;
        } catch (IOException e) {
            throw AtomicFiles.failure("write", file, e);
        }
    }

    private void load(boolean begun, String identity) throws IOException {
        String text = begun ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
        String head = HEAD + identity + "\n";
        if (!text.startsWith(head)) {
            if (text.contains("\n")) {
                throw new UsageException("The folder " + file.getParent() + " holds sensitivities measured on another"
                        + " model, calibration set or with other settings; give another --out, or --overwrite to"
                        + " measure anew.");
            }
            channel.truncate(0);
            write(head);
            return;
        }
        String whole = text.substring(0, text.lastIndexOf('\n') + 1);
        for (String line : whole.substring(head.length()).split("\n")) {
            if (!line.isEmpty()) {
                parse(line);
            }
        }
        long end = whole.getBytes(StandardCharsets.UTF_8).length;
        channel.truncate(end);
        channel.position(end);
    }

    private void parse(String line) {
        String[] f = line.split(" ");
        try {
            known.put(
                    new Key(Integer.parseInt(f[0]), new Variant(f[1], Part.valueOf(f[2]), Integer.parseInt(f[3]))),
                    new Measured(
                            Double.parseDouble(f[4]),
                            Double.parseDouble(f[5]),
                            Double.parseDouble(f[6]),
                            Long.parseLong(f[7])));
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw new MixdqException(file + " has the line '" + line + "' where a measurement was expected; it was"
                    + " edited or damaged: delete it, or --overwrite to measure anew.");
        }
    }

    /** What was measured, or null. */
    public synchronized Measured get(int unit, Variant variant) {
        return known.get(new Key(unit, variant));
    }

    /** How many measurements it holds. */
    public synchronized int size() {
        return known.size();
    }

    public synchronized void add(int unit, Variant variant, Measured measured) {
        known.put(new Key(unit, variant), measured);
        try {
            write(unit + " " + variant.layer() + " " + variant.part() + " " + variant.bits() + " " + measured.signal()
                    + " " + measured.noise() + " " + measured.ssim() + " " + measured.nodes() + "\n");
        } catch (IOException e) {
            throw AtomicFiles.failure("write", file, e);
        }
    }

    private void write(String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw AtomicFiles.failure("write", file, e);
        }
    }
}
