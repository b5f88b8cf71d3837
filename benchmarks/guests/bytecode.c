/* A machine in a machine: a stack machine driven by one switch counts, for every number below n,
 * how many halvings and triplings lead it to one.
 */
#include "guest.h"

enum operation {
    PUSH, LOAD, STORE, DUPLICATE, ADD, MULTIPLY, SHIFT_RIGHT, AND, XOR, LESS, EQUAL,
    JUMP, JUMP_IF, JUMP_UNLESS, HALT
};

enum variable { LIMIT, NUMBER, VALUE, TURNS, SUM, VARIABLES };

typedef struct {
    u8 operation, operand;
} instruction;

static const instruction program[] = {
    [0] = {PUSH, 1}, {STORE, NUMBER},
    [2] = {LOAD, NUMBER}, {LOAD, LIMIT}, {LESS, 0}, {JUMP_UNLESS, 41},
    [6] = {LOAD, NUMBER}, {STORE, VALUE},
    [8] = {LOAD, VALUE}, {PUSH, 1}, {EQUAL, 0}, {JUMP_IF, 30},
    [12] = {LOAD, VALUE}, {DUPLICATE, 0}, {PUSH, 1}, {AND, 0}, {JUMP_IF, 20},
    [17] = {PUSH, 1}, {SHIFT_RIGHT, 0}, {JUMP, 24},
    [20] = {PUSH, 3}, {MULTIPLY, 0}, {PUSH, 1}, {ADD, 0},
    [24] = {STORE, VALUE}, {LOAD, TURNS}, {PUSH, 1}, {ADD, 0}, {STORE, TURNS}, {JUMP, 8},
    [30] = {LOAD, SUM}, {PUSH, 5}, {MULTIPLY, 0}, {LOAD, TURNS}, {XOR, 0}, {STORE, SUM},
    [36] = {LOAD, NUMBER}, {PUSH, 1}, {ADD, 0}, {STORE, NUMBER}, {JUMP, 2},
    [41] = {HALT, 0},
};

u32 run(u32 n)
{
    u32 variables[VARIABLES] = {[LIMIT] = n}, stack[16], height = 0, at = 0;
    for (;;) {
        instruction now = program[at++];
        switch (now.operation) {
        case PUSH:
            stack[height++] = now.operand;
            break;
        case LOAD:
            stack[height++] = variables[now.operand];
            break;
        case STORE:
            variables[now.operand] = stack[--height];
            break;
        case DUPLICATE:
            stack[height] = stack[height - 1];
            height++;
            break;
        case ADD:
            height--;
            stack[height - 1] += stack[height];
            break;
        case MULTIPLY:
            height--;
            stack[height - 1] *= stack[height];
            break;
        case SHIFT_RIGHT:
            height--;
            stack[height - 1] >>= stack[height] & 31;
            break;
        case AND:
            height--;
            stack[height - 1] &= stack[height];
            break;
        case XOR:
            height--;
            stack[height - 1] ^= stack[height];
            break;
        case LESS:
            height--;
            stack[height - 1] = stack[height - 1] < stack[height];
            break;
        case EQUAL:
            height--;
            stack[height - 1] = stack[height - 1] == stack[height];
            break;
        case JUMP:
            at = now.operand;
            break;
        case JUMP_IF:
            if (stack[--height])
                at = now.operand;
            break;
        case JUMP_UNLESS:
            if (!stack[--height])
                at = now.operand;
            break;
        case HALT:
            return fold(variables[SUM], variables[TURNS]);
        }
    }
}
