package org.mixdq4j.cuda.device.driver;

import static org.bytedeco.cuda.global.cudart.CU_STREAM_CAPTURE_MODE_RELAXED;
import static org.bytedeco.cuda.global.cudart.cuGraphDestroy;
import static org.bytedeco.cuda.global.cudart.cuGraphExecDestroy;
import static org.bytedeco.cuda.global.cudart.cuGraphInstantiate;
import static org.bytedeco.cuda.global.cudart.cuGraphLaunch;
import static org.bytedeco.cuda.global.cudart.cuStreamBeginCapture;
import static org.bytedeco.cuda.global.cudart.cuStreamEndCapture;

import java.util.List;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.mixdq4j.cuda.device.Launch;

/** Launches that were captured: the driver keeps copies of their arguments, and starts all by one call. */
final class GraphLaunch implements Launch {
    private final DriverDevice device;
    private final CUstream_st stream;
    private final CUgraphExec_st graph;
    private boolean closed;

    private GraphLaunch(DriverDevice device, CUstream_st stream, CUgraphExec_st graph) {
        this.device = device;
        this.stream = stream;
        this.graph = graph;
    }

    static GraphLaunch capture(DriverDevice device, CUstream_st stream, List<Launch> launches) {
        Calls calls = device.calls();
        calls.check(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED), "begin to record launches");
        CUgraph_st captured = new CUgraph_st();
        try {
            launches.forEach(Launch::run);
        } catch (RuntimeException | Error e) {
            if (cuStreamEndCapture(stream, captured) == 0 && !captured.isNull()) {
                cuGraphDestroy(captured);
            }
            throw e;
        }
        calls.check(cuStreamEndCapture(stream, captured), "record " + launches.size() + " launches");
        try {
            CUgraphExec_st graph = new CUgraphExec_st();
            calls.check(cuGraphInstantiate(graph, captured, 0), "prepare " + launches.size() + " recorded launches");
            return new GraphLaunch(device, stream, graph);
        } finally {
            cuGraphDestroy(captured);
        }
    }

    @Override
    public void run() {
        device.enter();
        device.calls().check(cuGraphLaunch(graph, stream), "start recorded launches");
    }

    @Override
    public void close() {
        if (!closed && !device.calls().lost()) {
            device.enter();
            closed = true;
            device.calls().check(cuGraphExecDestroy(graph), "free recorded launches");
        }
    }
}
