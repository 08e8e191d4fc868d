package org.mixdq4j.cuda.device.compile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;

/**
 * What a kernel is compiled from. Nothing outside of it is read: compilers need no toolkit's headers.
 *
 * @param file its name, for messages
 * @param text with the checks of its arguments' layouts at the end
 * @param headers by the names under which files include them, those included by headers too
 */
public record KernelSource(String file, String text, SortedMap<String, String> headers) {
    private static final String FOLDER = "/org/mixdq4j/cuda/kernels/";
    private static final Pattern INCLUDE = Pattern.compile("(?m)^\\s*#\\s*include\\s+\"([^\"]+)\"");

    public KernelSource {
        headers = Collections.unmodifiableSortedMap(new TreeMap<>(headers));
    }

    /** @throws IllegalStateException if there is no such file, or a header is missing */
    public static KernelSource of(Kernel kernel) {
        String text = read(kernel.file());
        SortedMap<String, String> headers = new TreeMap<>();
        addHeaders(text, headers);
        StringBuilder whole = new StringBuilder(text);
        for (Layout layout : kernel.layouts()) {
            whole.append('\n').append(layout.assertions());
        }
        return new KernelSource(kernel.file(), whole.toString(), headers);
    }

    private static void addHeaders(String text, Map<String, String> headers) {
        Matcher include = INCLUDE.matcher(text);
        while (include.find()) {
            String name = include.group(1);
            if (!headers.containsKey(name)) {
                String header = read(name);
                headers.put(name, header);
                addHeaders(header, headers);
            }
        }
    }

    private static String read(String file) {
        try (InputStream in = KernelSource.class.getResourceAsStream(FOLDER + file)) {
            if (in == null) {
                throw new IllegalStateException("there is no resource " + FOLDER + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What NVRTC and nvcc are both told. @param architecture such as {@code sm_80} */
    public static List<String> options(Kernel kernel, String architecture) {
        List<String> options = new ArrayList<>(List.of("-arch=" + architecture, "-std=c++17"));
        kernel.defines().forEach((name, value) -> options.add("-D" + name + "=" + value));
        return options;
    }
}
