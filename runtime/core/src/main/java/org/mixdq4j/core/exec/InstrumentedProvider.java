package org.mixdq4j.core.exec;

/** The provider of an executor whose networks can be looked into. */
public interface InstrumentedProvider extends ExecutorProvider {
    @Override
    InstrumentedExecutor create();
}
