package org.mixdq4j.evaluate.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.image.Pictures;
import org.mixdq4j.core.io.AtomicFiles;

/** A folder of real pictures. */
final class ReferencePictures {
    private ReferencePictures() {}

    /**
     * All PNG and JPEG files of a folder in order of name, with the captions of those the samples were written for.
     *
     * @throws UsageException if there are less than two
     */
    static List<PictureJudging.Shown> read(Path folder, List<Sample> samples) {
        if (!Files.isDirectory(folder)) {
            throw new UsageException(
                    "There is no folder " + folder + " of reference pictures; pass one with PNG or JPEG files.");
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(Pictures::isNamedSo).sorted().toList();
        } catch (IOException e) {
            throw AtomicFiles.failure("read", folder, e);
        }
        if (files.size() < 2) {
            throw new UsageException(
                    "The folder " + folder + " holds " + files.size() + " PNG or JPEG files, expected two"
                            + " or more reference pictures; convert other formats to PNG first.");
        }
        Map<String, String> captions = new HashMap<>();
        samples.forEach(s -> s.picture().ifPresent(picture -> captions.putIfAbsent(picture, s.caption())));
        List<PictureJudging.Shown> shown = new ArrayList<>();
        for (Path file : files) {
            String name = file.getFileName().toString();
            String stem = name.substring(0, name.lastIndexOf('.'));
            shown.add(new PictureJudging.Shown(file, Optional.ofNullable(captions.get(stem))));
        }
        return shown;
    }
}
