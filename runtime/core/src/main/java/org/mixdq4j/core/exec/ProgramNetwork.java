package org.mixdq4j.core.exec;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.session.StepClock;

/**
 * A program and its sessions, for executors of programs. The first session is made when it is planned, so that weights are packed
 * then. One that was used may serve again: to plan its steps anew would take longer than a small network's run.
 */
public final class ProgramNetwork implements Network {
    /** A session that holds native memory until it is released. Closed, it gives itself back. */
    public interface Held extends Session {
        void release();
    }

    private final Graph graph;
    private final Program program;
    private final Function<ProgramNetwork, Held> opener;
    private final LongSupplier weightBytes;
    private final List<Held> sessions = new ArrayList<>();
    private Held spare;
    private StepClock clock;

    /**
     * @param opener makes a session
     * @param weightBytes as {@link Network#weightBytes}
     */
    public ProgramNetwork(
            Graph graph, Program program, Function<ProgramNetwork, Held> opener, LongSupplier weightBytes) {
        this.graph = graph;
        this.program = program;
        this.opener = opener;
        this.weightBytes = weightBytes;
        this.spare = open();
    }

    private Held open() {
        Held session = opener.apply(this);
        sessions.add(session);
        return session;
    }

    @Override
    public Graph graph() {
        return graph;
    }

    public Program program() {
        return program;
    }

    /** Steps are timed from now on, by executors that run one after the other; null: no longer. */
    public void time(StepClock clock) {
        this.clock = clock;
    }

    /** For sessions: who wants to know how long steps take. */
    public Optional<StepClock> clock() {
        return Optional.ofNullable(clock);
    }

    @Override
    public Session session() {
        Held session = spare == null ? open() : spare;
        spare = null;
        return session;
    }

    /** Takes a session that is closed. */
    public void giveBack(Held session) {
        if (spare == null && sessions.contains(session)) {
            spare = session;
        } else {
            sessions.remove(session);
            session.release();
        }
    }

    @Override
    public Optional<ProgramNetwork> lowered() {
        return Optional.of(this);
    }

    @Override
    public long weightBytes() {
        return weightBytes.getAsLong();
    }

    @Override
    public void close() {
        sessions.forEach(Held::release);
        sessions.clear();
        spare = null;
    }
}
