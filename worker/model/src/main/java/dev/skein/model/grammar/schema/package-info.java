/**
 * JSON schemas as expressions. The schemas of draft 2020-12 that a grammar can keep: {@code type},
 * {@code enum}, {@code const}; {@code properties}, {@code required}, {@code additionalProperties},
 * {@code minProperties} and {@code maxProperties} where they need no counting; {@code items},
 * {@code prefixItems}, {@code minItems}, {@code maxItems}; {@code minLength}, {@code maxLength},
 * {@code pattern}, {@code format} (date, time, date-time, uuid, email, ipv4); {@code minimum},
 * {@code maximum} and their exclusive forms; {@code $ref} within the schema, recursion included;
 * {@code anyOf}; {@code oneOf} whose branches exclude each other; {@code allOf} that can be merged.
 * Any other keyword that would change what is valid is refused by name.
 *
 * <p>What is written is a part of what is valid: members in the order of the schema, members beyond
 * it only where the schema speaks of them or names none, one optional space behind a colon and a
 * comma and no other white space, numbers of at most 18 digits, and with bounds of at most two
 * decimals or as many as the bounds have.
 */
@NullMarked
package dev.skein.model.grammar.schema;

import org.jspecify.annotations.NullMarked;
