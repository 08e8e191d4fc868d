package org.mixdq4j.core.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.mixdq4j.core.error.MixdqException;

/**
 * A file being written under the temporary sibling name {@code .<name>.<random>.tmp}. {@link #commit()} moves it into
 * place; closing it before that deletes it, and so does an orderly end of the process (Ctrl-C).
 */
public final class AtomicFile implements AutoCloseable {
    private static final Pattern TEMPORARY = Pattern.compile("\\..+\\.[0-9a-f]{1,16}\\.tmp");
    private static final Set<Path> PENDING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> PENDING.forEach(AtomicFile::deleteQuietly)));
    }

    private final Path target;
    private final Path destination;
    private final Path temporary;
    private final FileChannel channel;
    private boolean done;

    private AtomicFile(Path target, Path destination, Path temporary, FileChannel channel) {
        this.target = target;
        this.destination = destination;
        this.temporary = temporary;
        this.channel = channel;
    }

    /**
     * Starts writing what will become {@code target}, making missing parent folders. A symbolic link is followed, so
     * that the file it points to is replaced and not the link.
     *
     * @throws MixdqException if {@code target} is a folder or a device, or nothing can be written beside it
     */
    public static AtomicFile open(Path target) {
        try {
            Path destination = destination(target);
            AtomicFiles.makeFolders(destination.getParent());
            while (true) {
                Path temporary = temporaryName(destination);
                try {
                    // Not Files.createTempFile: that one makes the file unreadable for everybody else.
                    FileChannel channel = FileChannel.open(
                            temporary,
                            StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
                    PENDING.add(temporary);
                    return new AtomicFile(target, destination, temporary, channel);
                } catch (FileAlreadyExistsException e) {
                    continue;
                }
            }
        } catch (IOException e) {
            throw AtomicFiles.failure("write", target, e);
        }
    }

    /** Where to write, and to read again; its position is the end of what was written so far. */
    public FileChannel channel() {
        return channel;
    }

    /** Forces the content to the disk and moves it into place. */
    public void commit() {
        if (done) {
            throw new IllegalStateException("already committed or closed: " + target);
        }
        try {
            channel.force(true);
            channel.close();
            Files.move(temporary, destination, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw AtomicFiles.failure("write", target, e);
        }
        done = true;
        PENDING.remove(temporary);
        forceFolder(destination.getParent());
    }

    @Override
    public void close() {
        if (done) {
            return;
        }
        done = true;
        try {
            channel.close();
        } catch (IOException e) {
            // The file is thrown away: whether its last bytes reached the disk does not matter.
        }
        deleteQuietly(temporary);
        PENDING.remove(temporary);
    }

    private static Path destination(Path target) throws IOException {
        if (!Files.exists(target)) {
            return target.toAbsolutePath();
        }
        if (Files.isDirectory(target)) {
            throw new MixdqException(
                    "cannot write " + target + ": it is a folder where a file was expected; name a file");
        }
        // Renaming over /dev/null would replace the device for the whole machine when run as root.
        if (!Files.isRegularFile(target)) {
            throw new MixdqException("cannot write " + target + ": it is a device or a pipe; name a regular file");
        }
        return target.toRealPath();
    }

    /** Whether a file has a name that only this class gives. */
    static boolean isTemporary(Path file) {
        return TEMPORARY.matcher(file.getFileName().toString()).matches() && Files.isRegularFile(file);
    }

    private static Path temporaryName(Path destination) {
        String name = destination.getFileName().toString();
        String shortened = name.length() > 100 ? name.substring(0, 100) : name;
        String random = Long.toHexString(ThreadLocalRandom.current().nextLong());
        return destination.resolveSibling("." + shortened + "." + random + ".tmp");
    }

    private static void forceFolder(Path folder) {
        try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
            entries.force(true);
        } catch (IOException e) {
            // Not every file system can; the content itself is safe already.
        }
    }

    private static void deleteQuietly(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // The failure that led here is the one to report.
        }
    }
}
