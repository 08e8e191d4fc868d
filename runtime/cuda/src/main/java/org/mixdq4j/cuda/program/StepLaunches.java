package org.mixdq4j.cuda.program;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Constants;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.bind.Planned;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.host.HostDevice;

/**
 * What a step is launched as on a device that need not be there: nothing is packed, placed or compiled.
 *
 * @param launches in order; addresses in their arguments mean nothing
 */
public record StepLaunches(Step step, List<Planned> launches) {
    /** Any multiple of all that addresses have to be multiples of. */
    private static final long NOWHERE = 1 << 16;

    public StepLaunches {
        launches = List.copyOf(launches);
    }

    /** All steps of a program, tiles by the estimates. */
    public static List<StepLaunches> of(Program program, StoredLayers layers, DeviceInfo info) {
        List<Family> families = Families.all();
        try (Device device = new HostDevice(info, Map.of());
                Constants constants = new Unmade(device)) {
            Binder binder = new Binder(device, layers, constants, program.places(), 0);
            for (int i = 0; i < program.steps().size(); i++) {
                binder.plan(i, program.steps().get(i), families);
            }
            List<StepLaunches> steps = new ArrayList<>();
            for (int i = 0; i < program.steps().size(); i++) {
                int step = i;
                steps.add(new StepLaunches(
                        program.steps().get(i),
                        binder.planned().stream()
                                .filter(launch -> launch.step() == step)
                                .toList()));
            }
            binder.owned().forEach(device::free);
            return steps;
        }
    }

    private static final class Unmade extends Constants {
        Unmade(Device device) {
            super(device);
        }

        @Override
        public long get(Object key, Supplier<ByteBuffer> maker) {
            return NOWHERE;
        }
    }
}
