package org.mixdq4j.cuda.device.compile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;

class CubinCacheTest {
    private static final KernelSource SOURCE =
            new KernelSource("a.cu", "text", new TreeMap<>(Map.of("b.cuh", "header")));
    private static final List<String> OPTIONS = List.of("-arch=sm_80", "-DX=1");

    @TempDir
    Path folder;

    private final List<String> compiled = new ArrayList<>();

    private final KernelCompiler compiler = new KernelCompiler() {
        @Override
        public String version() {
            return "compiler 1";
        }

        @Override
        public byte[] compile(KernelSource source, List<String> options) {
            compiled.add(source.file());
            return (source.text() + options).getBytes(StandardCharsets.UTF_8);
        }
    };

    @Test
    void theKeyChangesWithAllThatABinaryIsMadeOf() {
        Set<String> keys = new HashSet<>();
        keys.add(CubinCache.key(SOURCE, OPTIONS, "1"));
        keys.add(CubinCache.key(SOURCE, OPTIONS, "2"));
        keys.add(CubinCache.key(SOURCE, List.of("-arch=sm_90", "-DX=1"), "1"));
        keys.add(CubinCache.key(SOURCE, List.of("-arch=sm_80-DX=1"), "1"));
        keys.add(CubinCache.key(SOURCE, List.of("-arch=sm_80"), "1"));
        keys.add(CubinCache.key(source("text ", "b.cuh", "header"), OPTIONS, "1"));
        keys.add(CubinCache.key(source("text", "b.cuh", "header "), OPTIONS, "1"));
        keys.add(CubinCache.key(source("text", "b.cu", "hheader"), OPTIONS, "1"));
        assertThat(keys).hasSize(8);
        assertThat(CubinCache.key(source("text", "b.cuh", "header"), OPTIONS, "1"))
                .isEqualTo(CubinCache.key(SOURCE, OPTIONS, "1"))
                .hasSize(64);
    }

    private static KernelSource source(String text, String header, String content) {
        return new KernelSource("a.cu", text, new TreeMap<>(Map.of(header, content)));
    }

    @Test
    void compilesOnceForAllWhoShareTheFolder() {
        byte[] first = new CubinCache(folder, compiler).get(SOURCE, OPTIONS);
        assertThat(new CubinCache(folder, compiler).get(SOURCE, OPTIONS)).isEqualTo(first);
        assertThat(compiled).hasSize(1);
        new CubinCache(folder, compiler).get(SOURCE, List.of());
        assertThat(compiled).hasSize(2);
    }

    @Test
    void aDamagedFileIsCompiledAnewAndRepaired() throws IOException {
        byte[] whole = new CubinCache(folder, compiler).get(SOURCE, OPTIONS);
        Path file = folder.resolve(CubinCache.key(SOURCE, OPTIONS, compiler.version()) + ".cubin");
        byte[] kept = Files.readAllBytes(file);
        byte[] changed = kept.clone();
        changed[changed.length - 1] ^= 1;
        int times = 1;
        for (byte[] damaged : List.of(changed, Arrays.copyOf(kept, kept.length - 3), new byte[5])) {
            Files.write(file, damaged);
            assertThat(new CubinCache(folder, compiler).get(SOURCE, OPTIONS)).isEqualTo(whole);
            assertThat(compiled).hasSize(++times);
            assertThat(Files.readAllBytes(file)).isEqualTo(kept);
        }
    }

    @Test
    void aFolderThatCannotBeMadeCostsTimeOnly() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        CubinCache cache = new CubinCache(file.resolve("cubins"), compiler);
        assertThat(cache.get(SOURCE, OPTIONS)).isNotEmpty();
        assertThat(cache.trouble()).isPresent();
    }

    @Test
    void aSourceHasAllHeadersAndTheChecksOfItsLayouts() {
        Layout layout = new Layout("Finish").s64("x");
        KernelSource source = KernelSource.of(new Kernel("finish.cuh", "none", Map.of("A", 2), layout));
        assertThat(source.headers()).containsOnlyKeys("types.cuh", "ptx.cuh");
        assertThat(source.text()).endsWith(layout.assertions()).contains("struct Finish");
        assertThat(KernelSource.options(new Kernel("finish.cuh", "none", Map.of("A", 2), layout), "sm_90a"))
                .containsExactly("-arch=sm_90a", "-std=c++17", "-DA=2");
    }
}
