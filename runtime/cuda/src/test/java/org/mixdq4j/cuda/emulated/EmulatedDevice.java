package org.mixdq4j.cuda.emulated;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Launch;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.TensorMap;
import org.mixdq4j.cuda.device.compile.KernelSource;

/**
 * Runs the kernels themselves, on the CPU: their source, compiled as C++ by the machine's compiler, with threads that take turns
 * and tensor cores in plain loops ({@code emulation.h}). It says that it is an Ampere GPU where it is not told otherwise: it knows no
 * clusters, and of Hopper's instructions those of {@code gemm_wgmma.cu} alone. Memory has guard zones, which are looked at after every launch.
 */
public final class EmulatedDevice implements Device {
    private static final String FOLDER = "/org/mixdq4j/cuda/emulated/";
    private static final Pattern DYNAMIC =
            Pattern.compile("extern __shared__ (?:__align__\\(\\d+\\) )?([\\w ]+?) (\\w+)\\[\\];");
    private static final Pattern OFFSET = Pattern.compile("__INTADDR__\\(&\\(\\((\\w+)\\*\\)0\\)->([^)]+)\\)");
    private static final String LOG = System.getProperty("mixdq.emulated.log");
    private static final int GUARD = 4096;
    /** One multiprocessor, since one block runs at a time: others that it waited for would never come. */
    private static final DeviceInfo ONE_BLOCK =
            new DeviceInfo("emulated as sm_80", 8, 0, 1, OneStep.AMPERE.sharedBytes(), OneStep.AMPERE.cacheBytes());

    private static final byte GUARDED = 0x5a;
    private static final int ALIGNMENT = 256;
    private static final byte[] UNTOUCHED = new byte[GUARD / 2];

    static {
        Arrays.fill(UNTOUCHED, GUARDED);
    }

    private final Path folder;
    private final DeviceInfo info;
    private final Map<Kernel, Function> compiled = new HashMap<>();
    private final Map<Long, Memory> blocks = new HashMap<>();
    private final Map<Long, Long> sizes = new HashMap<>();

    /** @param folder for what is compiled */
    public EmulatedDevice(Path folder) {
        this(folder, ONE_BLOCK);
    }

    /** @param info of the GPU it stands for: kernels of some are not emulated */
    public EmulatedDevice(Path folder, DeviceInfo info) {
        this.folder = folder;
        this.info = info;
    }

    /** Whether this machine has a C++ compiler. */
    public static boolean available() {
        try {
            return run(List.of("g++", "--version")) == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public DeviceInfo info() {
        return info;
    }

    @Override
    public long allocate(long bytes) {
        Memory block = new Memory(bytes + 2 * GUARD + ALIGNMENT);
        block.setMemory(0, block.size(), GUARDED);
        long address = (Pointer.nativeValue(block) + GUARD + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        blocks.put(address, block);
        sizes.put(address, bytes);
        new Pointer(address).setMemory(0, bytes, (byte) 0xff);
        return address;
    }

    @Override
    public void free(long address) {
        check("memory that is freed");
        blocks.remove(address).close();
        sizes.remove(address);
    }

    private void check(String when) {
        sizes.forEach((address, bytes) -> {
            Pointer block = new Pointer(address);
            if (!Arrays.equals(block.getByteArray(-GUARD / 2, GUARD / 2), UNTOUCHED)
                    || !Arrays.equals(block.getByteArray(bytes, GUARD / 2), UNTOUCHED)) {
                throw new IllegalStateException(when + ": something was written beside " + bytes + " bytes");
            }
        });
    }

    @Override
    public void upload(long to, ByteBuffer from) {
        ByteBuffer target = new Pointer(to).getByteBuffer(0, from.remaining());
        target.put(from.duplicate());
    }

    @Override
    public void download(long from, ByteBuffer to) {
        to.duplicate().put(new Pointer(from).getByteBuffer(0, to.remaining()));
    }

    @Override
    public void fill(long to, int value, long bytes) {
        new Pointer(to).setMemory(0, bytes, (byte) value);
    }

    @Override
    public void compile(Collection<Kernel> kernels) {
        kernels.stream().filter(kernel -> !compiled.containsKey(kernel)).toList().parallelStream()
                .map(kernel -> Map.entry(kernel, compileOne(kernel)))
                .toList()
                .forEach(made -> compiled.put(made.getKey(), made.getValue()));
    }

    private Function function(Kernel kernel) {
        return compiled.computeIfAbsent(kernel, this::compileOne);
    }

    private Function compileOne(Kernel kernel) {
        try {
            Path own = Files.createTempDirectory(folder, kernel.entry());
            KernelSource source = KernelSource.of(kernel);
            for (Map.Entry<String, String> header : source.headers().entrySet()) {
                boolean replaced = EmulatedDevice.class.getResource(FOLDER + header.getKey()) != null;
                Files.writeString(
                        own.resolve(header.getKey()), replaced ? resource(header.getKey()) : plain(header.getValue()));
            }
            for (String shared : List.of("emulation.h", "tensor_copies.cuh")) {
                Files.writeString(own.resolve(shared), resource(shared));
            }
            String launch =
                    "\nstatic void emulatedThread() { emulatedCall(" + kernel.entry() + ", emulatedParameters); }\n"
                            + "extern \"C\" void emulatedLaunch(const int* geometry, void** parameters) {"
                            + " emulatedRun(emulatedThread, geometry, parameters); }\n";
            Files.writeString(own.resolve("kernel.cpp"), "#include \"emulation.h\"\n" + plain(source.text()) + launch);
            List<String> command = new ArrayList<>(List.of(
                    "g++",
                    "-std=c++17",
                    "-nostdinc++",
                    // It would forbid jumps between stacks.
                    "-U_FORTIFY_SOURCE",
                    "-O1",
                    "-w",
                    "-fPIC",
                    "-shared",
                    "-ffp-contract=off",
                    "-fno-strict-aliasing",
                    "-Wl,-Bsymbolic"));
            kernel.defines().forEach((name, value) -> command.add("-D" + name + "=" + value));
            Path library = own.resolve("kernel.so");
            command.addAll(
                    List.of("-o", library.toString(), own.resolve("kernel.cpp").toString()));
            if (run(command) != 0) {
                throw new IllegalStateException(kernel + " is no C++ that g++ understands, see " + own);
            }
            return NativeLibrary.getInstance(library.toString()).getFunction("emulatedLaunch");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Dynamic shared memory is one array there, and where a field lies is asked otherwise. */
    private static String plain(String text) {
        String offsets = OFFSET.matcher(text).replaceAll("__builtin_offsetof($1, $2)");
        return DYNAMIC.matcher(offsets).replaceAll("static $1* const $2 = ($1*)emulatedShared;");
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = EmulatedDevice.class.getResourceAsStream(FOLDER + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static int run(List<String> command) throws IOException {
        Path log = Files.createTempFile("emulated", ".log");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            if (!process.waitFor(5, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                return 1;
            }
            if (process.exitValue() != 0) {
                Files.readString(log).lines().limit(20).forEach(System.err::println);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            Files.delete(log);
        }
    }

    @Override
    public Launch prepare(String what, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Function function = function(kernel);
        Memory shape = new Memory(5 * Integer.BYTES);
        shape.write(
                0,
                new int[] {geometry.x(), geometry.y(), geometry.z(), geometry.threads(), geometry.sharedBytes()},
                0,
                5);
        Memory pointers = new Memory((long) parameters.size() * Long.BYTES);
        List<ByteBuffer> held = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            ByteBuffer bytes;
            if (parameters.get(i) instanceof Arguments arguments) {
                bytes = arguments.bytes();
                arguments
                        .maps()
                        .forEach((name, map) -> encode(
                                map,
                                arguments.bytes(),
                                arguments.layout().field(name).at()));
            } else {
                bytes = new Arguments(new Layout("TensorMap").maps("map")).bytes();
                encode((TensorMap) parameters.get(i), bytes, 0);
            }
            held.add(bytes);
            pointers.setPointer((long) i * Long.BYTES, Native.getDirectBufferPointer(bytes));
        }
        return () -> {
            if (LOG != null) {
                log(what, kernel, geometry, parameters);
            }
            function.invoke(new Object[] {shape, pointers});
            check(what + ": " + kernel);
            // Native code alone knows them.
            Reference.reachabilityFence(held);
        };
    }

    /** As the emulated copy engine reads it: the address, rank, dims, box and steps, five each, then strides. */
    private static void encode(TensorMap map, ByteBuffer bytes, int at) {
        ByteBuffer to = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).position(at);
        int rank = map.dims().size();
        to.putLong(map.address()).putInt(rank);
        for (int axis = 0; axis < 5; axis++) {
            to.putInt(axis < rank ? Math.toIntExact(map.dims().get(axis)) : 1);
        }
        for (List<Integer> values : List.of(map.box(), map.steps())) {
            for (int axis = 0; axis < 5; axis++) {
                to.putInt(axis < rank ? values.get(axis) : 1);
            }
        }
        map.strides().forEach(to::putLong);
    }

    /** A kernel that reads where it must not ends the whole process: what it was is then in this file. */
    private static void log(String what, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        StringBuilder text = new StringBuilder(what + ": " + kernel + " " + geometry + "\n");
        for (Parameter parameter : parameters) {
            if (parameter instanceof Arguments arguments) {
                arguments.layout().fields().forEach((name, field) -> {
                    long value = field.type() == Layout.Type.POINTER || field.type() == Layout.Type.S64
                            ? arguments.bytes().getLong(field.at())
                            : arguments.bytes().getInt(field.at());
                    text.append("  ").append(name).append(" = ").append(value).append('\n');
                });
            }
        }
        try {
            Files.writeString(Path.of(LOG), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Launch record(List<Launch> launches) {
        List<Launch> held = List.copyOf(launches);
        return () -> held.forEach(Launch::run);
    }

    @Override
    public void synchronize() {}

    @Override
    public void close() {}
}
