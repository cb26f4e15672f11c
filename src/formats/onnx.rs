//! ONNX models as bytes: the few messages of `onnx.proto` that a feed-forward network needs, written in
//! protocol buffers' wire format (protobuf.dev, "Encoding"; field numbers from onnx/onnx.proto, IR version 8).
//!
//! Writing only, and by hand: the wire format of six small messages is shorter than generated code.

/// IR version that goes with opset 17 (ONNX 1.12).
const IR_VERSION: u64 = 8;
/// Operator set of the default domain.
pub const OPSET: u64 = 17;

const ELEM_FLOAT: u64 = 1;

/// A network as a list of operators.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OnnxModel {
    pub graph_name: String,
    pub doc: String,
    pub producer: String,
    pub producer_version: String,
    /// Key and value, shown by every viewer; JSON where a reader wants structure.
    pub metadata: Vec<(String, String)>,
    pub nodes: Vec<Node>,
    pub constants: Vec<Constant>,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
}

/// One operator. Values are named; a name made by one node is read by later ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub op: &'static str,
    pub inputs: Vec<String>,
    pub output: String,
    pub attributes: Vec<(&'static str, Attribute)>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    Int(i64),
    Ints(Vec<i64>),
    Float(f32),
    Text(&'static str),
}

/// A constant tensor of 32-bit floats.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// An input or output of the graph, of 32-bit floats.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    pub name: String,
    pub shape: Vec<Dim>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Dim {
    Fixed(usize),
    /// Any size, by a name that says which sizes are equal.
    Named(&'static str),
}

impl OnnxModel {
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let weights: usize = self
            .constants
            .iter()
            .map(|c| 4 * c.values.len() + 64 + c.name.len())
            .sum();
        let mut graph = Message::with_capacity(weights + 256 * self.nodes.len() + 1024);
        for node in &self.nodes {
            graph.message(1, &node.encode());
        }
        graph.text(2, &self.graph_name);
        for constant in &self.constants {
            constant.encode(&mut graph);
        }
        self.inputs.iter().for_each(|port| graph.message(11, &port.encode()));
        self.outputs.iter().for_each(|port| graph.message(12, &port.encode()));
        let mut model = Message::with_capacity(graph.0.len() + 4096);
        model.int(1, IR_VERSION);
        model.text(2, &self.producer);
        model.text(3, &self.producer_version);
        model.text(6, &self.doc);
        model.message(7, &graph);
        let mut opset = Message::default();
        opset.text(1, "");
        opset.int(2, OPSET);
        model.message(8, &opset);
        for (key, value) in &self.metadata {
            let mut entry = Message::default();
            entry.text(1, key);
            entry.text(2, value);
            model.message(14, &entry);
        }
        model.0
    }
}

impl Node {
    fn encode(&self) -> Message {
        let mut node = Message::default();
        self.inputs.iter().for_each(|input| node.text(1, input));
        node.text(2, &self.output);
        node.text(3, &format!("{}:{}", self.op, self.output));
        node.text(4, self.op);
        for (name, value) in &self.attributes {
            let mut attribute = Message::default();
            attribute.text(1, name);
            let kind = match value {
                Attribute::Float(v) => {
                    attribute.float(2, *v);
                    1
                }
                Attribute::Int(v) => {
                    attribute.int(3, *v as u64);
                    2
                }
                Attribute::Text(v) => {
                    attribute.text(4, v);
                    3
                }
                Attribute::Ints(all) => {
                    all.iter().for_each(|v| attribute.int(8, *v as u64));
                    7
                }
            };
            attribute.int(20, kind);
            node.message(5, &attribute);
        }
        node
    }
}

impl Constant {
    /// Straight into the graph: the weights of a large model should be copied once only.
    fn encode(&self, graph: &mut Message) {
        let mut head = Message::default();
        self.shape.iter().for_each(|n| head.int(1, *n as u64));
        head.int(2, ELEM_FLOAT);
        head.text(8, &self.name);
        head.key(9, Wire::Length);
        head.varint(4 * self.values.len() as u64);
        graph.key(5, Wire::Length);
        graph.varint((head.0.len() + 4 * self.values.len()) as u64);
        graph.0.extend_from_slice(&head.0);
        graph.0.extend(self.values.iter().flat_map(|v| v.to_le_bytes()));
    }
}

impl Port {
    fn encode(&self) -> Message {
        let mut shape = Message::default();
        for dim in &self.shape {
            let mut size = Message::default();
            match dim {
                Dim::Fixed(n) => size.int(1, *n as u64),
                Dim::Named(name) => size.text(2, name),
            }
            shape.message(1, &size);
        }
        let mut tensor = Message::default();
        tensor.int(1, ELEM_FLOAT);
        tensor.message(2, &shape);
        let mut kind = Message::default();
        kind.message(1, &tensor);
        let mut port = Message::default();
        port.text(1, &self.name);
        port.message(2, &kind);
        port
    }
}

/// How a field's value is stored.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Length = 2,
    Four = 5,
}

/// A protocol buffer message as far as it is written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn key(&mut self, field: u64, wire: Wire) {
        self.varint(field << 3 | wire as u64);
    }

    fn int(&mut self, field: u64, value: u64) {
        self.key(field, Wire::Varint);
        self.varint(value);
    }

    fn float(&mut self, field: u64, value: f32) {
        self.key(field, Wire::Four);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn text(&mut self, field: u64, text: &str) {
        self.key(field, Wire::Length);
        self.varint(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn message(&mut self, field: u64, inner: &Message) {
        self.key(field, Wire::Length);
        self.varint(inner.0.len() as u64);
        self.0.extend_from_slice(&inner.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of protobuf.dev's chapter on encoding.
    #[test]
    fn the_wire_format_is_that_of_the_documentation() {
        let mut m = Message::default();
        m.int(1, 150);
        assert_eq!(m.0, [0x08, 0x96, 0x01]);
        let mut m = Message::default();
        m.text(2, "testing");
        assert_eq!(m.0, [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
        let mut inner = Message::default();
        inner.int(1, 150);
        let mut m = Message::default();
        m.message(3, &inner);
        assert_eq!(m.0, [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let mut m = Message::default();
        m.int(1, -2i64 as u64);
        assert_eq!(m.0, [0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    }
}
