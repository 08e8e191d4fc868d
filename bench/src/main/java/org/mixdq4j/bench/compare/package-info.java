/** A network run by this program and by ONNX Runtime, side by side. May use {@code core}, {@code ptq}, {@code export} and {@code bench.step}. */
package org.mixdq4j.bench.compare;
