package org.mixdq4j.sensitivity.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.sensitivity.measure.Measured;
import org.mixdq4j.sensitivity.variant.Variant;

/**
 * A text file that begins with the identity of the measurement and has a line for each unit and variant measured, in any
 * order: unit, layer, part, bits, signal, noise, SSIM, nodes; some 110 bytes each, and all of them are in memory. Lines are
 * appended as they come; one that a kill cut off is dropped when the file is opened again. Safe for use by several
 * threads; a second process is refused.
 */
public final class Journal implements AutoCloseable {
    private static final String HEAD = "mixdq4j-sensitivity-journal 1 ";
    private static final int FIELDS = 8;

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
     * @throws MixdqException if it is damaged, or another process writes to it
     */
    public static Journal open(Path file, String identity) {
        try {
            if (isForeign(file, identity)) {
                throw foreign(file.getParent());
            }
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            Journal journal = new Journal(file, channel);
            try {
                journal.lock();
                journal.load(identity);
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
            return journal;
        } catch (IOException e) {
            throw AtomicFiles.failure("write", file, e);
        }
    }

    /** Whether there is a journal of another measurement. One whose first line was cut off is of none. */
    public static boolean isForeign(Path file, String identity) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        String head = HEAD + identity + "\n";
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer start = ByteBuffer.allocate(head.length());
            while (start.hasRemaining() && channel.read(start) >= 0) {
                // Until the buffer is full or the file ends.
            }
            String found = new String(start.array(), 0, start.position(), StandardCharsets.UTF_8);
            return !head.startsWith(found);
        } catch (IOException e) {
            throw AtomicFiles.failure("read", file, e);
        }
    }

    /** What is said of a folder with a journal of another measurement. */
    public static UsageException foreign(Path folder) {
        return new UsageException("The folder " + folder + " holds sensitivities measured on another model, calibration"
                + " set or with other settings; give another --out, or --overwrite to throw them away.");
    }

    private void lock() {
        boolean free;
        try {
            free = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            free = false;
        } catch (IOException e) {
            // A file system without locks: then it is on the user not to start twice.
            free = true;
        }
        if (!free) {
            throw new MixdqException("Another 'mixdq sensitivity' is writing to " + file.getParent()
                    + "; wait until it is done, or give another --out.");
        }
    }

    private void load(String identity) throws IOException {
        String head = HEAD + identity + "\n";
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        if (text.length() < head.length()) {
            channel.truncate(0);
            write(head);
            return;
        }
        String whole = text.substring(0, text.lastIndexOf('\n') + 1);
        whole.substring(head.length()).lines().forEach(this::parse);
        long end = whole.getBytes(StandardCharsets.UTF_8).length;
        channel.truncate(end);
        channel.position(end);
    }

    private void parse(String line) {
        String[] f = line.split(" ");
        try {
            if (f.length != FIELDS) {
                throw new IllegalArgumentException(f.length + " fields");
            }
            known.put(
                    new Key(Integer.parseInt(f[0]), new Variant(f[1], Part.valueOf(f[2]), Integer.parseInt(f[3]))),
                    new Measured(
                            Double.parseDouble(f[4]),
                            Double.parseDouble(f[5]),
                            Double.parseDouble(f[6]),
                            Long.parseLong(f[7])));
        } catch (IllegalArgumentException e) {
            throw new MixdqException(file + " has the line '" + line + "' where a measurement was expected; it was"
                    + " edited or damaged: delete the line to measure that again, or the file to measure all again.");
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

    /** Keeps a measurement, and that for good: it is in the file when this returns. */
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
        long begin = channel.position();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            // On a full disk part of a line may be down, which the next one must not be joined to.
            channel.truncate(begin);
            throw e;
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
