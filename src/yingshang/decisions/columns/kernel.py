"""The compiled loops: values to bins, bins to rules (Numba; they hold no lock while they run).

A *bin* is the place of a value between the constants that the cells of all tables compare its column with; bin 0 is
null. A *mask* has a bit for every rule, in the order in which the hit policy looks at them, and behind them one that
says "the table applies" (see :mod:`yingshang.decisions.columns.masks`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Array = NDArray[Any]


@intrinsic
def _lowest_bit(context, word):
    """The place of the lowest bit that is set; the word must not be zero."""

    def generate(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@njit(nogil=True, cache=True)
def bin_values(values, cuts, low, shift, starts, out):
    """``out[i]`` = 1 + how many of the sorted ``cuts`` are not above ``values[i]``.

    ``starts`` tells for each stretch of ``2**shift`` values from ``low`` on where in ``cuts`` the search begins, so that
    most values need no search at all (30 times as fast as a plain binary search over a thousand cuts).
    """
    count = cuts.shape[0]
    high = cuts[count - 1]
    for i in range(values.shape[0]):
        x = values[i]
        if x < low:
            out[i] = 1
        elif x >= high:
            out[i] = count + 1
        else:
            # Without a sign: the way from the lowest cut to a value may be longer than a signed number can say.
            stretch = np.int64((np.uint64(x) - np.uint64(low)) >> np.uint64(shift))
            p = starts[stretch]
            q = starts[stretch + 1]
            while p < q:
                middle = (p + q) // 2
                if cuts[middle] <= x:
                    p = middle + 1
                else:
                    q = middle
            out[i] = p + 1


@njit(nogil=True, cache=True)
def bin_floats(values, cuts, out):
    """The same for doubles; what is no finite number is null, as FEEL has it."""
    count = cuts.shape[0]
    for i in range(values.shape[0]):
        x = values[i]
        if not np.isfinite(x):
            out[i] = 0
            continue
        p = 0
        q = count
        while p < q:
            middle = (p + q) // 2
            if cuts[middle] <= x:
                p = middle + 1
            else:
                q = middle
        out[i] = p + 1


@njit(nogil=True, cache=True)
def first_rule(bins, masks, agreeing, none, codes, out):
    """The first rule met, by its place in the masks; tables of up to 63 rules.

    Args:
        bins: for every input an array of bins, one a row.
        masks: for every input the mask of each bin.
        agreeing: for every rule the rules that may be met beside it; where another one is, the policy is violated.
        none: the place of the bit "the table applies", and of the result where no rule is met; ``none + 1`` is null:
            the policy is violated, or a value is not among the allowed ones.
        codes: what to answer for each place.
    """
    for i in range(out.shape[0]):
        mask = masks[0][bins[0][i]]
        for j in range(1, len(bins)):
            mask &= masks[j][bins[j][i]]
        if mask == 0:
            out[i] = codes[none + 1]
        else:
            rule = _lowest_bit(mask)
            out[i] = codes[rule if mask & ~agreeing[rule] == 0 else none + 1]


@njit(nogil=True, cache=True)
def first_rule_near(bins, masks, agreeing, none, ordered, codes, labels, out, near):
    """The same, and ``near[i]``: the first rule that only one input keeps from being met.

    Args:
        agreeing: None where all rules agree with each other, as those of the policy FIRST do.
        ordered: where a rule is met, only those before it could change the result.
        labels: what to answer for ``rule * inputs + input``; the last one is for none.
    """
    # Without branches, but for the loops: which way they go cannot be foreseen, and a wrong guess costs most of the time.
    count = len(bins)
    one = np.uint64(1)
    top = one << np.uint64(63)
    rules = (one << np.uint64(none)) - one
    last = labels.shape[0] - 1
    for i in range(out.shape[0]):
        met = masks[0][bins[0][i]]
        almost = ~np.uint64(0)
        # Digit by digit, the number of the input that a rule lacks: it is told for rules that lack exactly one.
        ones = np.uint64(0)
        twos = np.uint64(0)
        fours = np.uint64(0)
        for j in range(1, count):
            mask = masks[j][bins[j][i]]
            almost = (almost & mask) | met
            met &= mask
            if j & 1:
                ones |= ~mask
            if j & 2:
                twos |= ~mask
            if j & 4:
                fours |= ~mask
        rule = _lowest_bit(met | top)
        fits = met != 0
        if agreeing is not None:
            fits = fits and met & ~agreeing[min(rule, none)] == 0
        out[i] = codes[rule if fits else none + 1]
        found = almost & ~met & rules
        if ordered:
            found &= (met & (~met + one)) - one
        found = found if met != 0 else np.uint64(0)
        bit = np.uint64(_lowest_bit(found | top))
        if count <= 8:
            lacking = (ones >> bit & one) | (twos >> bit & one) << one | (fours >> bit & one) << np.uint64(2)
        else:
            lacking = np.uint64(0)
            for j in range(1, count):
                lacking += np.uint64(j) * (((masks[j][bins[j][i]] >> bit) & one) ^ one)
        near[i] = labels[np.int64(bit) * count + np.int64(lacking) if found != 0 else last]


@njit(nogil=True, cache=True)
def met_words(bins, masks, met, almost):
    """The rules met, and those that at most one input keeps from being met; tables of any size.

    ``masks`` have two dimensions, bins and words; so have ``met`` and ``almost``, rows and words.
    """
    for w in range(met.shape[1]):
        for i in range(met.shape[0]):
            all_of = masks[0][bins[0][i], w]
            but_one = ~np.uint64(0)
            for j in range(1, len(bins)):
                mask = masks[j][bins[j][i], w]
                but_one = (but_one & mask) | all_of
                all_of &= mask
            met[i, w] = all_of
            almost[i, w] = but_one


@njit(nogil=True, cache=True)
def first_of_words(met, agreeing, none, codes, out):
    """What :func:`first_rule` says, from the words of :func:`met_words`."""
    words = met.shape[1]
    for i in range(met.shape[0]):
        out[i] = codes[none + 1]
        for w in range(words):
            if met[i, w] != 0:
                rule = w * 64 + _lowest_bit(met[i, w])
                out[i] = codes[rule]
                for v in range(words):
                    if met[i, v] & ~agreeing[rule, v] != 0:
                        out[i] = codes[none + 1]
                        break
                break


@njit(nogil=True, cache=True)
def near_of_words(met, almost, bins, masks, none, ordered, labels, near):
    """What :func:`first_rule_near` says of near misses, from the words of :func:`met_words`."""
    words = met.shape[1]
    count = len(bins)
    for i in range(met.shape[0]):
        near[i] = labels[-1]
        if not (met[i, none // 64] >> np.uint64(none % 64)) & np.uint64(1):
            continue
        for w in range(words):
            found = almost[i, w] & ~met[i, w]
            if ordered and met[i, w] != 0:
                found &= (np.uint64(1) << np.uint64(_lowest_bit(met[i, w]))) - np.uint64(1)
            if found != 0:
                bit = _lowest_bit(found)
                for j in range(count):
                    if not (masks[j][bins[j][i], w] >> np.uint64(bit)) & np.uint64(1):
                        near[i] = labels[(w * 64 + bit) * count + j]
                        break
                break
            if ordered and met[i, w] != 0:
                break


@njit(nogil=True, cache=True)
def code_masks(met, table, known, codes, fresh):
    """Number distinct masks, in the order of their appearance; tables that give lists do with few of them.

    Args:
        met: masks, rows by words.
        table: an open hash table of a power of two lines: the words of a mask and, last, its code + 1.
        known: codes given before.
        codes: what comes out, one a row.
        fresh: filled with the rows at which new codes appear.

    Returns:
        How many codes there are now; -1 where the hash table became too full, and has to be made anew.
    """
    size = table.shape[0]
    words = met.shape[1]
    found = 0
    for i in range(met.shape[0]):
        h = np.uint64(0x9E3779B97F4A7C15)
        for w in range(words):
            h = (h ^ met[i, w]) * np.uint64(0xBF58476D1CE4E5B9)
            h ^= h >> np.uint64(29)
        at = np.int64(h & np.uint64(size - 1))
        while True:
            held = table[at, words]
            if held == 0:
                code = known + found
                if code * 2 >= size:
                    return -1
                for w in range(words):
                    table[at, w] = met[i, w]
                table[at, words] = np.uint64(code + 1)
                codes[i] = code
                fresh[found] = i
                found += 1
                break
            same = True
            for w in range(words):
                if table[at, w] != met[i, w]:
                    same = False
                    break
            if same:
                codes[i] = np.int64(held) - 1
                break
            at = (at + 1) & (size - 1)
    return known + found


@njit(nogil=True, cache=True)
def pack_bits(codes, width, out):
    """``codes`` one behind the other in ``width`` bits each, the lowest bits first; ``out`` is zero and long enough."""
    count = codes.shape[0]
    whole = count // 8 * 8 if width <= 8 else 0
    at = 0
    for i in range(0, whole, 8):
        word = np.uint64(0)
        for k in range(8):
            word |= np.uint64(codes[i + k]) << np.uint64(k * width)
        for k in range(width):
            out[at + k] = np.uint8((word >> np.uint64(8 * k)) & np.uint64(255))
        at += width
    word = np.uint64(0)
    held = 0
    for i in range(whole, count):
        word |= np.uint64(codes[i]) << np.uint64(held)
        held += width
        while held >= 8:
            out[at] = np.uint8(word & np.uint64(255))
            word >>= np.uint64(8)
            held -= 8
            at += 1
    if held:
        out[at] = np.uint8(word)


@njit(nogil=True, cache=True)
def present(codes, valid, out):
    """The codes whose bit in ``valid`` (eight a byte, the lowest first) is set, into ``out``; how many they are."""
    count = 0
    for i in range(codes.shape[0]):
        out[count] = codes[i]
        count += (valid[i >> 3] >> (i & 7)) & 1
    return count


@njit(nogil=True, cache=True)
def unpack_runs(data, width, out):
    """Parquet's runs of equal numbers and of packed ones, ``width`` bits each, into ``out``; False where they end early."""
    size = data.shape[0]
    rows = out.shape[0]
    at = 0
    done = 0
    full = (np.uint64(1) << np.uint64(width)) - np.uint64(1)
    while done < rows:
        head = 0
        shift = 0
        while True:
            if at >= size or shift > 35:
                return False
            byte = np.int64(data[at])
            at += 1
            head |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        count = head >> 1
        if head & 1:
            count = min(count * 8, rows - done)
            if at + (count * width + 7) // 8 > size:
                return False
            word = np.uint64(0)
            held = 0
            place = at
            for i in range(count):
                while held < width:
                    word |= np.uint64(data[place]) << np.uint64(held)
                    place += 1
                    held += 8
                out[done + i] = word & full
                word >>= np.uint64(width)
                held -= width
            at += (head >> 1) * width
        else:
            length = (width + 7) // 8
            if at + length > size:
                return False
            value = 0
            for k in range(length):
                value |= np.int64(data[at + k]) << (8 * k)
            at += length
            count = min(count, rows - done)
            for i in range(count):
                out[done + i] = value
        if count <= 0:
            return False
        done += count
    return True


@njit(nogil=True, cache=True)
def spread(numbers, valid, out):
    """Put numbers into the rows that ``valid`` says have one; the others are 0."""
    at = 0
    for i in range(out.shape[0]):
        if valid[i]:
            out[i] = numbers[at]
            at += 1
        else:
            out[i] = 0


@njit(nogil=True, cache=True)
def big_endian(data, width, out):
    """Signed numbers of ``width`` bytes, the highest byte first."""
    for i in range(out.shape[0]):
        number = np.int64(np.int8(data[i * width]))
        for k in range(1, width):
            number = number << 8 | np.int64(data[i * width + k])
        out[i] = number


@njit(nogil=True, cache=True)
def look_up(held, codes, out):
    """``out[i] = held[codes[i]]``, in half the time that NumPy takes, which looks whether each place exists."""
    for i in range(codes.shape[0]):
        out[i] = held[codes[i]]
