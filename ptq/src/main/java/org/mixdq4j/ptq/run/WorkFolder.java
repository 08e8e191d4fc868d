package org.mixdq4j.ptq.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.quantize.statistics.CachedStatistics;
import org.mixdq4j.ptq.probe.Protection;
import org.mixdq4j.ptq.rank.PlanRanking;

/** Where a checkpoint is made until it is whole: {@code <out>.partial}. */
final class WorkFolder {
    /** What a stopped run may have measured. */
    private static final List<String> MEASURED = List.of(PlanRanking.FILE, Protection.FILE, CachedStatistics.FILE);

    private final Path out;
    private final Path work;

    WorkFolder(Path out) {
        this.out = out;
        this.work = QuantizedCheckpoint.partial(out);
    }

    Path path() {
        return work;
    }

    /** @throws UsageException if something else is at {@code out}, or a checkpoint that must not be replaced */
    void requireFree(boolean overwrite) {
        if (!Files.exists(out)) {
            return;
        }
        if (!QuantizationConfig.isIn(out)) {
            throw new UsageException(
                    "The path " + out
                            + " exists and is no quantized checkpoint; give another --out so that nothing of yours is replaced.");
        }
        if (!overwrite) {
            throw new UsageException(
                    "There is a quantized checkpoint in " + out
                            + " already, made from other inputs or changed since; give another --out, or --overwrite to replace it once the new one is finished.");
        }
    }

    /**
     * Makes the folder if there is none, and clears it of half files of a killed run.
     *
     * @param parts the model's other components, whose quantized forms are deleted
     * @param measured those of them whose measurements take time, which stay
     * @param used names of files with measurements that stay; others of their kind are deleted
     */
    void prepare(String component, List<String> parts, Set<String> measured, Set<String> used) {
        AtomicFiles.createDirectories(work);
        AtomicFiles.deleteLeftovers(work);
        AtomicFiles.deleteLeftovers(work.resolve(component));
        for (String part : parts) {
            if (measured.contains(part)) {
                AtomicFiles.deleteLeftovers(work.resolve(part));
            } else {
                delete(work.resolve(part));
            }
        }
        MEASURED.stream().filter(name -> !used.contains(name)).forEach(name -> delete(work.resolve(name)));
    }

    /** Puts it in the place of {@code out}. */
    void finish() {
        Folders.replace(work, out);
    }

    private static void delete(Path path) {
        try {
            Folders.delete(path);
        } catch (IOException e) {
            throw AtomicFiles.failure("delete", path, e);
        }
    }
}
