# language: zh-CN
功能: S23 家门口的便民服务站（原文 L411-417）
  义隆社区利用老九中闲置校舍打造社区邻里中心，建设便民服务站，配备 2 名帮办代办员、17 名各类工作人员，
  无差别“一窗受理”、全程帮办代办，群众“最多跑一次”。居民和所办的事为示例，日期为示例。

  场景: 居民在一个窗口办两样不相干的事，代办员跑到底，只来了一次
    假如 现在是"2023-05-08 09:00"
    并且 服务点已载入
    并且 居民"示例居民"
    当 本人在"service_network_1_2_7_6"提出"any_item":"参保登记,另外问小餐饮登记证",填表:
      | point | community.yilong             |
      | what  | 城乡居民参保,再办小餐饮登记证 |
    那么 系统建议由"community.yilong"承办,并说明理由
    当 "community.yilong"签收
    并且 "community.yilong"联系本人:"两件事我们代办,您不用再跑"
    并且 "community.yilong"完成"accept":
      """
      {"items": [
        {"what": "城乡居民参保登记", "unit": "dept.human_resources", "papers": "身份证"},
        {"what": "小餐饮登记证", "unit": "dept.market", "papers": "场所证明"}
      ]}
      """
    那么 "carry_out"同时等着"2"个单位
    当 过了"1 天"
    并且 "dept.human_resources"完成"carry_out":"已参保"
    并且 "dept.market"完成"carry_out":"登记证已出"
    并且 "community.yilong"完成"deliver":
      """
      {"trips": 1, "result": "参保登记、小餐饮登记证"}
      """
    并且 "community.yilong"答复:"两件事都办好了,证已送到家"
    并且 本人确认已解决
    那么 办件已办结并解决
    当 按"2023-05-01"到"2023-06-01"计算"service_network_1_2_7_6"的指标
    那么 指标与刊出的数一致:
      | 指标          | 刊出的数 |
      | centre        | 1        |
      | sub_centres   | 2        |
      | streets       | 7        |
      | platforms     | 6        |
      | communities   | 120      |
      | yilong_agents | 2        |
      | yilong_staff  | 17       |
    并且 指标"communities_formula"是"120"
    并且 指标"one_trip"是"100"
    并且 查"社保医保",离"community.yilong"最近的点是"community.yilong"
