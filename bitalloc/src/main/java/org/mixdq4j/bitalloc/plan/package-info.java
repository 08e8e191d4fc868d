/** From tables, a budget, pins and protection to bit plans and their frontier. May use all of bitalloc and core.io. */
package org.mixdq4j.bitalloc.plan;
