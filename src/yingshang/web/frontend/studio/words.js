// The table editor in the page's language: it speaks English by itself.
const CHINESE = {
  'Add cell description': '给这一格加说明', 'Add input': '加一列条件', 'Add input column left': '在左边加一列条件', 'Add input column right': '在右边加一列条件',
  'Add output': '加一列结果', 'Add output column left': '在左边加一列结果', 'Add output column right': '在右边加一列结果', 'Add predefined values': '加可选的值',
  'Add rule': '加一条规则', 'Add rule above': '在上面加一条规则', 'Add rule below': '在下面加一条规则', 'Add values': '加值', After: '晚于', And: '且', Annotation: '依据和说明',
  Annotations: '依据和说明', Before: '早于', Between: '介于', 'Boolean value': '是或否', 'Change cell expression language': '更换这一格的表达式语言', 'Clear predefined values': '清除可选的值',
  Comparison: '比较', 'Comparison operator': '比较方式', 'Copy input column': '复制这列条件', 'Copy output column': '复制这列结果', 'Copy rule': '复制这条规则', 'Custom values': '自定的值',
  'Cut input column': '剪切这列条件', 'Cut output column': '剪切这列结果', 'Cut rule': '剪切这条规则', Date: '日期', 'Date and time': '日期和时间', 'Date and time value': '日期和时间', 'Date value': '日期',
  'Decision name': '表的名称', 'Decision name: ': '表的名称：', 'Duration value': '时长', Edit: '修改', 'Edit boolean': '修改是或否', 'Edit date': '修改日期', 'Edit date and time': '修改日期和时间',
  'Edit duration': '修改时长', 'Edit end date': '修改截止日期', 'Edit end date and time': '修改截止日期和时间', 'Edit end time': '修改截止时间', 'Edit input': '修改条件', 'Edit number': '修改数字',
  'Edit output': '修改结果', 'Edit start date': '修改起始日期', 'Edit start date and time': '修改起始日期和时间', 'Edit start time': '修改起始时间', 'Edit string': '修改文字', 'Edit time': '修改时间',
  'Editing not supported for set expression language': '这种表达式语言不能在这里修改', 'End date': '截止日期', 'End date and time': '截止日期和时间', 'End time': '截止时间', 'End value': '到',
  'Enter expression': '填写表达式', Equals: '等于', Exactly: '恰为', Exclude: '不含', Expression: '表达式', 'Expression language': '表达式语言', 'Expression language:': '表达式语言：',
  'Expression language: {expressionLanguageLabel}': '表达式语言：{expressionLanguageLabel}', Greater: '大于', 'Greater or equals': '大于等于', 'Hit policy': '命中方式', 'Hit policy:': '命中方式：', Include: '含',
  Input: '条件', 'Input expression': '所用的数据', 'Input expression: ': '所用的数据：', 'Input label': '这列的名称', 'Input label: ': '这列的名称：', 'Input type': '类型', 'Input values': '可选的值', Less: '小于',
  'Less or equals': '小于等于', 'Literal expression editor': '表达式', 'Match none': '都不是', 'Match one': '其中之一', 'Move rule': '移动这条规则', 'No values': '没有值', No: '否', Output: '结果',
  'Output label': '这列的名称', 'Output label: ': '这列的名称：', 'Output name': '结果的名字', 'Output name: ': '结果的名字：', 'Output type': '类型', 'Output values': '可选的值', 'Paste input column left': '粘贴到左边',
  'Paste input column right': '粘贴到右边', 'Paste output column left': '粘贴到左边', 'Paste output column right': '粘贴到右边', 'Paste rule above': '粘贴到上面', 'Paste rule below': '粘贴到下面',
  'Predefined values': '可选的值', Range: '范围', 'Range end operator': '上限含不含', 'Range end value': '上限', 'Range start operator': '下限含不含', 'Range start value': '下限',
  'Remove cell description': '删去这一格的说明', 'Remove input column': '删去这列条件', 'Remove output column': '删去这列结果', 'Remove rule': '删去这条规则', Resize: '调整列宽', 'Set date': '选日期',
  'Set date and time': '选日期和时间', 'Set duration': '填时长', 'Set time': '选时间', 'Set value': '填值', 'Start date': '起始日期', 'Start date and time': '起始日期和时间', 'Start time': '起始时间', 'Start value': '从',
  'String value': '文字', 'Strings must be in double quotes': '文字要放在英文双引号里', 'Test type': '怎么判断', Then: '则', Time: '时间', 'Time value': '时间', Type: '类型', 'Use now': '用现在', 'Use today': '用今天',
  Value: '值', Values: '值', 'Variable name': '名称', 'Variable name:': '名称：', 'Variable type': '类型', 'Variable type:': '类型：', 'View DRD': '看关系图', When: '当', Yes: '是', name: '名称',
  'e.g. { example } ': '如 { example } ', 'e.g. { sample }': '如 { sample }', 'Must match PnDTnH': '写成 PnDTnH', 'Must match PnYnM': '写成 PnYnM',
  Unique: '只中一条', First: '中第一条', Priority: '按优先', Any: '任一条（结果须相同）', Collect: '全部', 'Collect (Sum)': '全部，求和', 'Collect (Min)': '全部，取最小', 'Collect (Max)': '全部，取最大',
  'Collect (Count)': '全部，计数', 'Rule order': '全部，按规则顺序', 'Output order': '全部，按结果顺序',
  'No overlap is possible and all rules are disjoint. Only a single rule can be matched': '规则互不重叠，至多命中一条',
  'Rules may overlap. The first matching rule will be chosen': '规则可以重叠，取最先命中的一条', 'Rules may overlap. The one with the highest priority will be chosen': '规则可以重叠，取结果优先级最高的一条',
  'Rules may overlap. Their output have to match': '规则可以重叠，但结果必须相同', 'Collects the values of all matching rules': '取命中的全部规则的结果',
  'Collects the values of all matching rules and sums up to a single value': '命中的全部规则的结果相加', 'Collects the values of all matching rules and uses the lowest value': '取命中的全部规则中最小的结果',
  'Collects the values of all matching rules and uses the highest value': '取命中的全部规则中最大的结果', 'Collects the values of all matching rules and counts the number of them': '数命中了几条',
  'Collects the values of all matching rules in rule order': '按规则顺序取全部结果', 'Collects the values of all matching rules in decreasing output priority order': '按结果的优先级取全部结果',
  string: '文字', number: '数值', boolean: '是/否', date: '日期', time: '时间', 'date and time': '日期和时间', 'days and time duration': '时长（日、时）', 'years and months duration': '时长（年、月）',
};
const chinese = () => !document.documentElement.lang.startsWith('en');

/** A sentence of the editor in the page's language, its {placeholders} filled in. */
export function translate(sentence, values = {}) {
  const said = chinese() ? (CHINESE[sentence] ?? sentence) : sentence;
  return said.replace(/\{ ?(\w+) ?\}/g, (all, key) => values[key] ?? all);
}
