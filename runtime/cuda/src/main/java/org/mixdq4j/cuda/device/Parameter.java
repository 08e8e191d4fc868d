package org.mixdq4j.cuda.device;

/** What a kernel is called with. */
public sealed interface Parameter permits Arguments, TensorMap {}
