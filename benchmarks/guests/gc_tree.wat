;; Objects that live and die: n binary trees are grown, walked and forgotten, beside one that stays.
;; Every node is a struct; the walk adds up values in an order that the checksum depends on. The
;; same work with malloc and free is in gc_tree.c.
(module
  (type $node (struct
    (field $left (ref null $node))
    (field $right (ref null $node))
    (field $value (mut i32))))

  ;; A tree of the given depth; the nodes are numbered from $number as in a heap.
  (func $grow (param $depth i32) (param $number i32) (result (ref null $node))
    (if (i32.eqz (local.get $depth)) (then (return (ref.null $node))))
    (struct.new $node
      (call $grow
        (i32.sub (local.get $depth) (i32.const 1))
        (i32.shl (local.get $number) (i32.const 1)))
      (call $grow
        (i32.sub (local.get $depth) (i32.const 1))
        (i32.add (i32.shl (local.get $number) (i32.const 1)) (i32.const 1)))
      (local.get $number)))

  ;; Count every node up by one, and fold the values: left, right, own.
  (func $walk (param $node (ref null $node)) (param $sum i32) (result i32)
    (if (ref.is_null (local.get $node)) (then (return (local.get $sum))))
    (struct.set $node $value
      (local.get $node)
      (i32.add (struct.get $node $value (local.get $node)) (i32.const 1)))
    (i32.mul
      (i32.xor
        (call $walk
          (struct.get $node $right (local.get $node))
          (call $walk (struct.get $node $left (local.get $node)) (local.get $sum)))
        (struct.get $node $value (local.get $node)))
      (i32.const 0x9e3779b1)))

  (func (export "run") (param $n i32) (result i32)
    (local $kept (ref null $node))
    (local $sum i32)
    (local.set $kept (call $grow (i32.const 10) (i32.const 1)))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum
          (call $walk
            (call $grow
              (i32.add (i32.const 4) (i32.and (local.get $n) (i32.const 3)))
              (local.get $n))
            (local.get $sum)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (call $walk (local.get $kept) (local.get $sum))))
