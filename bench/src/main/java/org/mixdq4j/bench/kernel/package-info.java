/** Times of single steps of the CPU's programs, at the sizes they have in large networks, beside what the machine can do. */
package org.mixdq4j.bench.kernel;
